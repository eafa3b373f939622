import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "./engine";

/** Another program that reads manifests. */
export interface Peer {
  readonly name: PeerName;
  readonly file: string;
  readonly version: string;
}

const names = ["crane", "regctl", "skopeo", "oras"] as const;
export type PeerName = (typeof names)[number];

/** Those that are built where they are not on PATH: Go's module proxy has their source. */
const built: Partial<Record<PeerName, { readonly module: string; readonly version: string }>> = {
  crane: { module: "github.com/google/go-containerregistry/cmd/crane", version: "v0.22.1" },
  regctl: { module: "github.com/regclient/regclient/cmd/regctl", version: "v0.11.7" },
};

/**
 * The peers of this machine: those on PATH; else, of crane and regctl, what an earlier run left in the cache folder
 * (ECS_IMAGE_GUARD_CACHE, by default the user's); else, where Go is installed, a build (some minutes, once).
 *
 * @param say told what is going on and which peers there are not, a line at a time
 */
export async function findPeers(say: (line: string) => void): Promise<Peer[]> {
  const peers: Peer[] = [];
  // One after another: a build takes all of the machine.
  for (const name of names) {
    const peer = (await onPath(name)) ?? kept(name) ?? (await build(name, say));
    if (peer === undefined) say(`${name} is not on PATH: it is left out.`);
    else peers.push(peer);
  }
  return peers;
}

async function onPath(name: PeerName): Promise<Peer | undefined> {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const file = folders.map((folder) => join(folder, name)).find((candidate) => existsSync(candidate));
  return file === undefined ? undefined : { name, file, version: await versionOf(name, file) };
}

function kept(name: PeerName): Peer | undefined {
  const source = built[name];
  if (source === undefined) return undefined;
  const file = fileOf(name, source.version);
  return existsSync(file) ? { name, file, version: source.version } : undefined;
}

async function build(name: PeerName, say: (line: string) => void): Promise<Peer | undefined> {
  const source = built[name];
  if (source === undefined) return undefined;
  const go = await promisify(execFile)("go", ["version"]).catch(() => undefined);
  if (go === undefined) return undefined;
  say(`Building ${name} ${source.version} with Go, once …`);
  const file = fileOf(name, source.version);
  const folder = join(file, "..");
  mkdirSync(folder, { recursive: true });
  // Moved into place when it is whole, so that a build cut short or run twice at once leaves no broken file.
  const unfinished = mkdtempSync(join(folder, "build-"));
  try {
    await promisify(execFile)("go", ["install", `${source.module}@${source.version}`], {
      env: { ...process.env, GOBIN: unfinished },
      maxBuffer: 16 * 1024 * 1024,
    });
    renameSync(join(unfinished, name), file);
  } catch (error) {
    say(`${name} could not be built: ${error instanceof Error ? error.message.slice(-1000) : String(error)}`);
    return undefined;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return kept(name);
}

function fileOf(name: PeerName, version: string): string {
  return join(cacheFolder(), `${name}-${version}`, name);
}

/** What a peer says of itself; each words it otherwise. */
async function versionOf(name: PeerName, file: string): Promise<string> {
  const args = name === "skopeo" ? ["--version"] : ["version"];
  const { stdout } = await promisify(execFile)(file, args).catch(() => ({ stdout: "" }));
  return /v?\d+\.\d+\.\d+[\w.+-]*/.exec(stdout)?.[0] ?? "unknown version";
}

if (require.main === module) {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  void findPeers(say).then((peers) => {
    for (const { name, version, file } of peers) process.stdout.write(`${name} ${version} ${file}\n`);
  });
}
