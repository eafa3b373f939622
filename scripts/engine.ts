import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { lookup } from "node:dns/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { PulumiCommand } from "@pulumi/pulumi/automation";

/** The version that is built where none is installed; `engine/go.mod` pins the same. */
const version = "3.255.0";
const modulePath = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
const versionVariable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

/** No way to get a Pulumi CLI on this machine; the message says what to install. */
export class NoEngineError extends Error {}

/**
 * The real Pulumi CLI: the one on PATH; else one that an earlier run left in the cache folder; else a download; else, where
 * Go is installed, a build (about five minutes on two cores, once).
 *
 * @param say told what is going on, a line at a time
 * @throws NoEngineError
 */
export async function findEngine(say: (line: string) => void): Promise<PulumiCommand> {
  const root = join(
    process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
    "ecs-image-guard",
    `pulumi-${version}`,
  );
  return (
    (await installed()) ??
    (await installed(root)) ??
    (await download(root, say)) ??
    (await build(root, say)) ??
    noEngine()
  );
}

function installed(root?: string): Promise<PulumiCommand | undefined> {
  return PulumiCommand.get(root === undefined ? {} : { root, skipVersionCheck: true }).catch(() => undefined);
}

/** The Automation API's own installer, where its host can be found; in CI nothing is downloaded. */
async function download(root: string, say: (line: string) => void): Promise<PulumiCommand | undefined> {
  if (process.env["CI"] !== undefined) return undefined;
  const reachable = await Promise.race([
    lookup("get.pulumi.com").then(
      () => true,
      () => false,
    ),
    new Promise<boolean>((resolve) => setTimeout(resolve, 3000, false).unref()),
  ]);
  if (!reachable) return undefined;
  say(`Downloading Pulumi to ${root} …`);
  return PulumiCommand.install({ root }).catch(() => undefined);
}

async function build(root: string, say: (line: string) => void): Promise<PulumiCommand | undefined> {
  const go = await promisify(execFile)("go", ["version"]).catch(() => undefined);
  if (go === undefined) return undefined;
  say(`Building Pulumi ${version} with Go; this takes about five minutes, once …`);
  const bin = join(root, "bin");
  mkdirSync(bin, { recursive: true });
  // Moved into place when it is whole, so that a build cut short or run twice at once leaves no broken file.
  const unfinished = mkdtempSync(join(bin, "build-"));
  const started = Date.now();
  const heartbeat = setInterval(() => {
    say(`  still building, ${Math.round((Date.now() - started) / 1000)} s …`);
  }, 15_000);
  try {
    const ldflags = `-s -w -X ${versionVariable}=${version}`;
    await run(
      "go",
      ["build", "-mod=readonly", "-ldflags", ldflags, "-o", join(unfinished, "pulumi"), modulePath],
      join(__dirname, "engine"),
    );
    renameSync(join(unfinished, "pulumi"), join(bin, "pulumi"));
  } finally {
    clearInterval(heartbeat);
    rmSync(unfinished, { recursive: true, force: true });
  }
  return installed(root);
}

function run(command: string, args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ["ignore", "ignore", "pipe"] });
    let lastWords = "";
    child.stderr.on("data", (chunk: Buffer) => {
      lastWords = (lastWords + chunk.toString()).slice(-2000);
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new NoEngineError(`The Pulumi CLI could not be built with Go:\n${lastWords}`));
    });
  });
}

function noEngine(): never {
  throw new NoEngineError(
    "No Pulumi CLI was found, and none can be downloaded or built here.\n" +
      "Install Pulumi (https://www.pulumi.com/docs/iac/download-install/), or Go (https://go.dev/doc/install) to have it built.",
  );
}

if (require.main === module) {
  findEngine((line) => process.stderr.write(`${line}\n`)).then(
    (engine) => {
      process.stdout.write(`${engine.command}\n`);
    },
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    },
  );
}
