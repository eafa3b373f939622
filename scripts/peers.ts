import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { buildProgram, builtProgram, type GoProgram } from "./go-build";

/** Another program that reads manifests. */
export interface Peer {
  readonly name: PeerName;
  readonly file: string;
  readonly version: string;
}

const names = ["crane", "regctl", "skopeo", "oras"] as const;
export type PeerName = (typeof names)[number];

export const crane: GoProgram = {
  name: "crane",
  package: "github.com/google/go-containerregistry/cmd/crane",
  version: "v0.22.1",
};

/** Those that are built where they are not on PATH: Go's module proxy has their source. */
const built: Partial<Record<PeerName, GoProgram>> = {
  crane,
  regctl: { name: "regctl", package: "github.com/regclient/regclient/cmd/regctl", version: "v0.11.7" },
};

/**
 * The peers of this machine: those on PATH; else, of crane and regctl, what an earlier run left in the cache folder
 * (ECS_IMAGE_GUARD_CACHE, by default the user's); else, where Go is installed, a build (some minutes, once).
 *
 * @param say prints the progress and the missing peers, a line at a time
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
  const program = built[name];
  const file = program && builtProgram(program);
  return file === undefined ? undefined : { name, file, version: program?.version ?? "" };
}

async function build(name: PeerName, say: (line: string) => void): Promise<Peer | undefined> {
  const program = built[name];
  if (program !== undefined) await buildProgram(program, say);
  return kept(name);
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
