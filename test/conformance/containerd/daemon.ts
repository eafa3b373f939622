import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Why the job cannot run on this machine, in words. */
export class SkippedError extends Error {}

/** A containerd of our own: its root, state and socket lie in a temporary folder, and it sees nothing of the machine's. */
export class Containerd {
  /** Such as `1.6.20`. @throws SkippedError */
  static async version(): Promise<string> {
    if (process.platform !== "linux") throw new SkippedError("containerd runs on Linux only");
    if (process.getuid?.() !== 0) throw new SkippedError("containerd must be started by root here");
    const { stdout } = await run("containerd", ["--version"]).catch(() => {
      throw new SkippedError("there is no containerd on PATH; Debian's package is `containerd`");
    });
    return /\b(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? "unknown";
  }

  /** @throws SkippedError if this machine lets nobody mount or containerd does not start */
  static async start(): Promise<Containerd> {
    const folder = await mkdtemp(join(tmpdir(), "ecs-image-guard-containerd-"));
    const containerd = new Containerd(folder);
    try {
      await containerd.#tryMount();
      await containerd.#launch();
      return containerd;
    } catch (error) {
      await containerd.stop();
      throw error;
    }
  }

  #child: ChildProcess | undefined;

  private constructor(private readonly folder: string) {}

  get socket(): string {
    return join(this.folder, "containerd.sock");
  }

  /** Ends it, takes its mounts down and removes its folder. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(timer);
    }
    const mounts = (await readFile("/proc/self/mounts", "utf8").catch(() => ""))
      .split("\n")
      .map((line) => line.split(" ")[1] ?? "")
      .filter((path) => path.startsWith(`${this.folder}/`));
    for (const path of mounts.reverse()) await run("umount", ["--lazy", path]).catch(() => undefined);
    await rm(this.folder, { recursive: true, force: true });
  }

  /** As the overlayfs snapshotter mounts layers. */
  async #tryMount(): Promise<void> {
    const base = join(this.folder, "probe");
    const [lower, upper, work, merged] = ["lower", "upper", "work", "merged"].map((name) => join(base, name));
    for (const path of [lower, upper, work, merged]) await mkdir(path ?? base, { recursive: true });
    const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
    try {
      await run("mount", ["-t", "overlay", "overlay", "-o", options, merged ?? base]);
    } catch {
      throw new SkippedError("this machine lets nobody mount an overlay");
    }
    await run("umount", [merged ?? base]);
  }

  async #launch(): Promise<void> {
    const file = join(this.folder, "config.toml");
    const log = join(this.folder, "log");
    // Only what unpacks images: no CRI, and no snapshotter that needs devices.
    const disabled = [
      "grpc.v1.cri",
      "snapshotter.v1.aufs",
      "snapshotter.v1.btrfs",
      "snapshotter.v1.devmapper",
    ];
    const config = [
      "version = 2",
      `root = "${join(this.folder, "root")}"`,
      `state = "${join(this.folder, "state")}"`,
      `disabled_plugins = [${disabled.map((name) => `"io.containerd.${name}"`).join(", ")}]`,
      "[grpc]",
      `  address = "${this.socket}"`,
      "",
    ].join("\n");
    await writeFile(file, config);
    const child = spawn("sh", ["-c", 'exec containerd --config "$1" 2>"$2"', "sh", file, log], {
      stdio: "ignore",
      cwd: this.folder,
    });
    this.#child = child;
    for (let waited = 0; waited < 20_000 && child.exitCode === null; waited += 100) {
      if (existsSync(this.socket)) return;
      await sleep(100);
    }
    const words = (await readFile(log, "utf8").catch(() => "")).trim().split("\n").at(-1) ?? "";
    const left = (await readdir(this.folder)).join(", ");
    throw new SkippedError(`containerd does not start here (${left}): ${words.slice(0, 500)}`);
  }
}
