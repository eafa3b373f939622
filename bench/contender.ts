import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Peer, PeerName } from "../scripts/peers";

/** So many processes of a peer at a time. */
export const peerProcesses = 16;

/** Another way to read the manifests of the same images. */
export interface Contender {
  readonly name: string;
  /** Of a peer. */
  readonly version?: string;
  readonly file: string;
  /** Names of images come on standard input, one a line. */
  readonly args: readonly string[];
  /** How often one image shows in what is printed. */
  readonly mark: RegExp;
}

/** @param command the script of `ecs-image-guard` */
export function guardContender(command: string): Contender {
  return {
    name: "ecs-image-guard inspect",
    file: process.execPath,
    args: [command, "inspect", "-", "--platform", "linux/amd64"],
    mark: /^(?:ok|blocked) /gm,
  };
}

/** How each peer reads the manifest of one platform, over TLS or plain HTTP. */
const asked: Readonly<Record<PeerName, (host: string, tls: boolean) => Pick<Contender, "args" | "mark">>> = {
  crane: () => ({ args: ["manifest", "--platform", "linux/amd64"], mark: /"schemaVersion"/g }),
  regctl: (host, tls) => ({
    args: [
      "--host",
      `reg=${host},tls=${tls ? "enabled" : "disabled"}`,
      "manifest",
      "get",
      "--platform",
      "linux/amd64",
      "--format",
      "raw-body",
    ],
    mark: /"schemaVersion"/g,
  }),
  skopeo: () => ({
    args: [
      "--override-os",
      "linux",
      "--override-arch",
      "amd64",
      "inspect",
      "--tls-verify=false",
      "--no-tags",
    ],
    mark: /"RepoTags"/g,
  }),
  oras: (_, tls) => ({
    args: ["manifest", "fetch", ...(tls ? [] : ["--plain-http"]), "--platform", "linux/amd64"],
    mark: /"schemaVersion"/g,
  }),
};

/** A peer takes one image at a time: `xargs` runs some of its processes side by side. */
export function peerContender({ name, file, version }: Peer, host: string, tls = false): Contender {
  const { args, mark } = asked[name](host, tls);
  // skopeo wants to know by which transport it shall read.
  const placed = name === "skopeo" ? ["-I{}", file, ...args, "docker://{}"] : ["-n1", file, ...args];
  return {
    name: `${name} ${args.includes("manifest") ? "manifest" : "inspect"}`,
    version,
    file: "xargs",
    args: [`-P${peerProcesses}`, ...placed],
    mark,
  };
}

/** Which of the contenders read all of these images, and a sentence on each of the others: some know no mix, or no zstd. */
export async function whoRead(
  contenders: readonly Contender[],
  images: readonly string[],
  home: () => string,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ able: Contender[]; leftOut: string[] }> {
  const able: Contender[] = [];
  const leftOut: string[] = [];
  for (const contender of contenders)
    try {
      await compete(contender, images, home(), environment);
      able.push(contender);
    } catch (error) {
      const words = error instanceof Error ? error.message.trim() : String(error);
      leftOut.push(`Left out: ${words.split("\n")[0] ?? ""} (${contender.version ?? ""})`);
    }
  return { able, leftOut };
}

/**
 * Runs a contender for these images.
 *
 * @param home an empty folder in place of the person's own, whose logins and caches must not count
 * @param environment further variables
 * @returns its exit status
 * @throws where it did not read every one of them
 */
export async function compete(
  contender: Contender,
  images: readonly string[],
  home: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<number> {
  const env = {
    ...process.env,
    ...environment,
    HOME: home,
    DOCKER_CONFIG: home,
    XDG_CONFIG_HOME: home,
    REGISTRY_AUTH_FILE: join(home, "auth.json"),
    ECS_IMAGE_GUARD_IMAGE_CACHE: join(home, "cache"),
  };
  const child = spawn(contender.file, [...contender.args], { env, stdio: ["pipe", "pipe", "pipe"] });
  const ended = once(child, "close") as Promise<[number | null]>;
  child.stdin.end(`${images.join("\n")}\n`);
  const [output, errors, [status]] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const read = output.match(contender.mark)?.length ?? 0;
  if (read !== images.length)
    throw new Error(`${contender.name} read ${read} of ${images.length} images: ${errors.slice(0, 500)}`);
  return status ?? -1;
}
