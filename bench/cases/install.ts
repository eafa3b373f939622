import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type InstalledPackage, installTarball } from "../../support/process/installed-package";
import type { Bench, Case, CaseReport } from "../case";
import { atMost, exactly } from "../figure";
import { median, timed } from "../measurement";

const rounds = 5;
const megabyte = 1024 * 1024;

/** What a fresh machine pays before the first preview. */
export const install: Case = { name: "install", title: "Installing the package without a registry", measure };

async function measure(bench: Bench): Promise<CaseReport> {
  const { tarball, ...first } = await bench.installed();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-bench-"));
    try {
      times.push(await timed(() => installTarball(tarball, folder)));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const { packages, files, bytes } = contentOf(first);
  return {
    figures: [
      atMost("wall time of `npm install`", median(times) / 1000, 3, "s"),
      exactly("packages fetched", packages - 1, 0, "packages"),
      atMost("on disk", bytes / megabyte, 8, "MB"),
      atMost("files on disk", files, 40, "files"),
      atMost("tarball", statSync(tarball).size / megabyte, 1.5, "MB"),
    ],
    remarks: [
      `Median of ${rounds} installations of the tarball, each into a new project with an empty cache and a registry that nobody serves.`,
    ],
  };
}

/** The packages of a project, and what ours takes. */
function contentOf({ folder }: Pick<InstalledPackage, "folder">) {
  const modules = dirname(folder);
  const packages = readdirSync(modules).filter((name) => !name.startsWith(".")).length;
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((file) => statSync(join(folder, file)))
    .filter((entry) => entry.isFile());
  return { packages, files: files.length, bytes: files.reduce((total, { size }) => total + size, 0) };
}
