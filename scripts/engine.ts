import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { PulumiCommand } from "@pulumi/pulumi/automation";

/** The version that is built where none is installed; `engine/go.mod` pins the same. */
const version = "3.274.1";
const modulePath = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
const versionVariable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

/** No way to get a Pulumi CLI on this machine; the message says what to install. */
export class NoEngineError extends Error {}

/**
 * The real Pulumi CLI: the one that PULUMI_CLI names or that is on PATH; else one that an earlier run left in the cache folder
 * (ECS_IMAGE_GUARD_CACHE, by default the user's); else a download; else, where Go is installed, a build (about five minutes
 * on two cores, once).
 *
 * @param say prints the progress, a line at a time
 * @throws NoEngineError
 */
export async function findEngine(say: (line: string) => void): Promise<PulumiCommand> {
  const root = join(cacheFolder(), `pulumi-${version}`);
  return (
    (await named()) ??
    (await installed()) ??
    (await installed(root)) ??
    (await download(root, say)) ??
    (await build(root, say)) ??
    noEngine()
  );
}

/** An empty variable is as good as none, as the XDG base directory specification has it. */
export function cacheFolder(): string {
  const { ECS_IMAGE_GUARD_CACHE: ours, XDG_CACHE_HOME: users } = process.env;
  return ours || join(users || join(homedir(), ".cache"), "ecs-image-guard");
}

/** Puts the folder of the CLI that PULUMI_CLI names first on PATH: the Automation API takes no path of a file. */
async function named(): Promise<PulumiCommand | undefined> {
  const { PULUMI_CLI: file, PATH: path = "" } = process.env;
  if (!file) return undefined;
  process.env["PATH"] = `${dirname(file)}${delimiter}${path}`;
  const command = await installed();
  if (command === undefined)
    throw new NoEngineError(`PULUMI_CLI names no Pulumi CLI that can be used: ${file}`);
  return command;
}

function installed(root?: string): Promise<PulumiCommand | undefined> {
  return PulumiCommand.get(root === undefined ? {} : { root, skipVersionCheck: true }).catch(() => undefined);
}

/** The Automation API's own installer, where its host answers; in CI nothing is downloaded. */
async function download(root: string, say: (line: string) => void): Promise<PulumiCommand | undefined> {
  if (process.env["CI"] !== undefined) return undefined;
  const reachable = await fetch("https://get.pulumi.com/install.sh", {
    method: "HEAD",
    signal: AbortSignal.timeout(5_000),
  }).then(
    ({ ok }) => ok,
    () => false,
  );
  if (!reachable) return undefined;
  say(`Downloading Pulumi to ${root} …`);
  return Promise.race([
    PulumiCommand.install({ root }).catch(() => undefined),
    sleep(5 * 60_000, undefined, { ref: false }),
  ]);
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
  }, 10_000);
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

/** The file that runs; the Automation API knows a CLI on PATH by its name alone. */
function pathOf({ command }: PulumiCommand): string {
  if (isAbsolute(command)) return command;
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((folder) => join(folder, command)).find((file) => existsSync(file)) ?? command;
}

if (require.main === module) {
  findEngine((line) => process.stderr.write(`${line}\n`)).then(
    (engine) => {
      process.stdout.write(`${pathOf(engine)}\n`);
    },
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    },
  );
}
