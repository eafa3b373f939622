import { spawn } from "node:child_process";
import { printable } from "../../oci/text";
import type { Credential } from "./credential";
import { credentialOf } from "./auth-entry";
import { CredentialError } from "./credential-error";
import { parseObject, stringField } from "./json-field";

/** 64 KiB: more than any token. */
const maximumBytes = 64 * 1024;

export interface HelperOptions {
  /** The helper's environment; its PATH is searched for the helper. */
  readonly env: NodeJS.ProcessEnv;
  /** In milliseconds. */
  readonly timeLimitMs: number;
}

interface Ended {
  readonly stdout: string;
  /** In words, undefined for success. */
  readonly fault: string | undefined;
}

/**
 * Asks `docker-credential-<name> get` for the login to a server; undefined where the helper has none. What it prints is
 * never shown: it may be a secret.
 * Source: docker-credential-helpers, `client/client.go` (`Get`) and `credentials/error.go`.
 *
 * @throws CredentialError where the helper cannot be run, does not end in time, fails, or breaks the protocol
 */
export async function askHelper(
  name: string,
  server: string,
  options: HelperOptions,
): Promise<Credential | undefined> {
  const what = `the credential helper docker-credential-${printable(name, 60)}, asked for ${printable(server)},`;
  const { stdout, fault } = await run(`docker-credential-${name}`, server, what, options).catch(
    (error: unknown) => {
      // Some faults of the system, such as an environment that is too large, come without an "error" event.
      throw error instanceof CredentialError ? error : new CredentialError(`${what} cannot be run`);
    },
  );
  if (fault !== undefined) {
    if (stdout.trim() === "credentials not found in native keychain") return undefined;
    throw new CredentialError(`${what} ${fault}`);
  }
  const answer = parseObject(stdout, `the answer of ${what}`);
  const [username, secret] = ["Username", "Secret"].map((field) =>
    stringField(answer, field, `the answer of ${what}`),
  );
  return credentialOf(username ?? "", secret ?? "");
}

/** Whether the name can only be that of a program on PATH. */
export function isHelperName(name: string): boolean {
  return /^[A-Za-z0-9._-]+$/.test(name);
}

function run(command: string, input: string, what: string, options: HelperOptions): Promise<Ended> {
  const { env, timeLimitMs } = options;
  const ownGroup = process.platform !== "win32";
  return new Promise((resolve, reject) => {
    const refuse = (fault: string) => {
      clearTimeout(timer);
      reject(new CredentialError(`${what} ${fault}`));
    };
    const child = spawn(command, ["get"], {
      env,
      stdio: ["pipe", "pipe", "ignore"],
      shell: false,
      windowsHide: true,
      // Its own process group, so that what it started can be ended with it.
      detached: ownGroup,
    });
    const giveUp = (fault: string) => {
      child.stdin.destroy();
      child.stdout.destroy();
      try {
        if (ownGroup && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
        else child.kill("SIGKILL");
      } catch {
        // Already gone.
      }
      refuse(fault);
    };
    const timer = setTimeout(() => {
      giveUp(`did not end within ${timeLimitMs / 1000} s`);
    }, timeLimitMs);
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > maximumBytes) giveUp("printed more than 64 KiB");
    });
    child.once("error", (error: NodeJS.ErrnoException) => {
      refuse(error.code === "ENOENT" ? "is not on PATH" : `cannot be run (${error.code ?? "unknown error"})`);
    });
    child.once("close", (status, signal) => {
      clearTimeout(timer);
      const fault =
        status === 0
          ? undefined
          : status === null
            ? `was ended by ${signal ?? "a signal"}`
            : `failed with exit status ${status}`;
      resolve({ stdout: Buffer.concat(chunks).toString("utf8"), fault });
    });
    // A helper may end without reading what it is asked.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
