import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { SkippedError } from "./daemon";

const run = promisify(execFile);

/** Pulls images with the client library of containerd 1.6.20, built here with Go; gives the errors, "" where an image was pulled. */
export async function pullAll(
  socket: string,
  images: readonly { readonly image: string; readonly platform: string }[],
): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "ecs-image-guard-pull-"));
  try {
    const program = join(folder, "pull");
    await run("go", ["version"]).catch(() => {
      throw new SkippedError("there is no Go on PATH to build the client with");
    });
    await run("go", ["build", "-mod=readonly", "-buildvcs=false", "-o", program, "."], {
      cwd: __dirname,
      timeout: 15 * 60_000,
    });
    const requests = images.flatMap(({ image, platform }) => [platform, image]);
    const { stdout } = await run(program, [socket, "overlayfs", ...requests], { timeout: 10 * 60_000 });
    const outcomes = stdout.trim().split("\n").map(errorOf);
    if (outcomes.length !== images.length)
      throw new Error(`${images.length} images were pulled, with ${outcomes.length} outcomes`);
    return outcomes;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function errorOf(line: string): string {
  const outcome: unknown = JSON.parse(line);
  const error: unknown =
    typeof outcome === "object" && outcome !== null ? Reflect.get(outcome, "error") : undefined;
  if (typeof error !== "string") throw new Error(`not an outcome: ${line}`);
  return error;
}

/** What differs from pull to pull: digests, and the temporary folder that a layer is mounted at. */
export function withoutNames(error: string): string {
  return error
    .replace(/sha256:[0-9a-f]{64}/g, "sha256:<digest>")
    .replace(/(mount callback failed on )\S+?:? /g, "$1<path> ");
}
