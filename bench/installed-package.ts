import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtTarball, type InstalledPackage, installTarball } from "../support/process/installed-package";

let installed: Promise<InstalledPackage> | undefined;

/**
 * The package that is measured: what `npm pack` makes of the build, installed without a registry into a temporary folder, once
 * for this process and removed at its end.
 */
export function installedPackage(): Promise<InstalledPackage> {
  return (installed ??= install());
}

async function install(): Promise<InstalledPackage> {
  const folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-installed-"));
  process.on("exit", () => {
    rmSync(folder, { recursive: true, force: true });
  });
  return installTarball(await builtTarball(), folder);
}
