import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { type Clock, systemClock } from "../common/concurrency";
import { printable } from "../common/text";
import { type Credential, CredentialError } from "./credential";
import { credentialOf, parseObject, stringField } from "./docker-config";

/** 64 KiB: more than any token. */
const maximumBytes = 64 * 1024;
/** How long a helper may take. */
const timeLimitMs = 10_000;

export interface HelperOptions {
  /** The helper's environment; its PATH is searched for the helper. */
  readonly env: NodeJS.ProcessEnv;
  /** Bounds its time. Default: the system's. */
  readonly clock?: Clock | undefined;
}

interface Ended {
  readonly stdout: string;
  /** In words, undefined for success. */
  readonly fault: string | undefined;
}

/**
 * Gets the login for a server from `docker-credential-<name> get`; undefined if the helper has none. What it prints is
 * never shown: it may be a secret.
 * Source: docker-credential-helpers, `client/client.go` (`Get`) and `credentials/error.go`.
 *
 * @throws CredentialError if the helper cannot be run, does not end in time, fails, or breaks the protocol
 */
export async function helperLogin(
  name: string,
  server: string,
  options: HelperOptions,
): Promise<Credential | undefined> {
  const program = `docker-credential-${printable(name, 60)}`;
  const what = `the credential helper ${program}`;
  const failed: Failed = (predicate, fix) =>
    new CredentialError(
      `${what} ${predicate}`,
      fix?.(program) ?? `see what this prints: echo ${printable(server)} | ${program} get`,
    );
  const { stdout, fault } = await run(`docker-credential-${name}`, server, failed, options).catch(
    (error: unknown) => {
      // Some faults of the system, such as an environment that is too large, come without an "error" event.
      throw error instanceof CredentialError ? error : failed("cannot be run");
    },
  );
  if (fault !== undefined) {
    if (stdout.trim() === "credentials not found in native keychain") return undefined;
    throw failed(fault);
  }
  try {
    const answer = parseObject(stdout, `the output of ${what}`);
    const [username, secret] = ["Username", "Secret"].map((field) =>
      stringField(answer, field, `the output of ${what}`),
    );
    return credentialOf(username ?? "", secret ?? "");
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    throw new CredentialError(error.message, failed("").fix);
  }
}

/** Makes the error from a predicate for the helper, and its fix from the helper's program, if it is not to run it by hand. */
type Failed = (predicate: string, fix?: (program: string) => string) => CredentialError;

/** Whether the name can only be that of a program on PATH. */
export function isHelperName(name: string): boolean {
  return /^[A-Za-z0-9._-]+$/.test(name);
}

function run(command: string, input: string, failed: Failed, options: HelperOptions): Promise<Ended> {
  const { env, clock = systemClock } = options;
  const ownGroup = process.platform !== "win32";
  return new Promise((resolve, reject) => {
    const refuse = (error: CredentialError) => {
      stopTimer();
      dismiss();
      reject(error);
    };
    const mark = `${markName}=${randomUUID()}`;
    const child = spawn(command, ["get"], {
      env: { ...env, [markName]: mark.slice(markName.length + 1) },
      stdio: ["pipe", "pipe", "ignore"],
      shell: false,
      windowsHide: true,
      // Its own process group, so that what it started can be ended with it.
      detached: ownGroup,
    });
    const dismiss = ownGroup && child.pid !== undefined ? guardGroup(child.pid, mark) : () => undefined;
    const giveUp = (fault: string) => {
      child.stdin.destroy();
      child.stdout.destroy();
      try {
        if (ownGroup && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
        else child.kill("SIGKILL");
      } catch {
        // Already gone.
      }
      endMarked(mark);
      refuse(failed(fault));
    };
    const stopTimer = clock.after(timeLimitMs, () => {
      giveUp(`did not end within ${timeLimitMs / 1000} s`);
    });
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > maximumBytes) giveUp("printed more than 64 KiB");
    });
    child.once("error", (error: NodeJS.ErrnoException) => {
      refuse(
        error.code === "ENOENT"
          ? failed("is not on PATH", (program) => `install ${program}, or remove it from the login file`)
          : failed(`cannot be run (${error.code ?? "unknown error"})`),
      );
    });
    child.once("close", (status, signal) => {
      stopTimer();
      dismiss();
      const fault =
        status === 0
          ? undefined
          : status === null
            ? `was ended by ${signal ?? "a signal"}`
            : `failed with exit status ${status}`;
      resolve({ stdout: Buffer.concat(chunks).toString("utf8"), fault });
    });
    // A helper may end without reading its input.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

/** In the environment of a helper and of all that it starts, in whatever process group or session. */
const markName = "ECS_IMAGE_GUARD_HELPER";

/**
 * Ends the processes that bear the mark: those that left the group (`setsid`). Linux only, and not those that cleared their environment: no
 * system lets an ordinary process adopt the children of its children.
 */
function endMarked(mark: string): void {
  if (process.platform !== "linux") return;
  // What forks meanwhile is found the next time.
  for (let pass = 0; pass < 5; pass++) {
    const found = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && isMarked(name, mark));
    if (found.length === 0) return;
    for (const pid of found) {
      try {
        process.kill(Number(pid), "SIGKILL");
      } catch {
        // Already gone.
      }
    }
  }
}

function isMarked(pid: string, mark: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(mark);
  } catch {
    return false; // Gone, or somebody else's.
  }
}

/**
 * Waits until its standard input ends, which it does whenever this process does, and ends the group and the marked then. (dash's kill
 * knows no `--`.)
 */
const script =
  'read -r line; kill -9 "-$1"; for p in /proc/[0-9]*; do grep -qs "$2" "$p/environ" && kill -9 "${p#/proc/}"; done';

/**
 * Sees to it that a process group of ours does not outlive this process, however that ends: Pulumi's engine ends a policy
 * pack with SIGKILL, after which nobody is there to end what the pack has started (pulumi `sdk/go/common/resource/plugin`).
 * Not for Windows.
 *
 * @returns to be called when the group has ended by itself
 */
function guardGroup(group: number, mark: string): () => void {
  // In a group of its own, which those who end ours do not know.
  const guardian = spawn("/bin/sh", ["-c", script, "sh", String(group), mark], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  // Without a shell, the group is as safe as without a guardian.
  guardian.once("error", () => undefined);
  guardian.stdin.on("error", () => undefined);
  guardian.unref();
  return () => {
    guardian.kill("SIGKILL");
  };
}
