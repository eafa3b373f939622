import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Clock } from "../../policypack/common/concurrency";
import type { CredentialSource } from "../../policypack/logins/credential";
import { loginCredentials } from "../../policypack/logins/login-search";

/** In every password of these tests, and so never in a message. */
export const marker = "hunter2";

export function base64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}

/** A login as docker and Podman write it, whose user name names its place. */
export function entry(username: string): { auth: string } {
  return { auth: base64(`${username}:${marker}`) };
}

/** A person's home folder with nothing in it but what a test puts there, and a folder of helpers on PATH. */
export class Home {
  private constructor(readonly folder: string) {}

  static async create(): Promise<Home> {
    const home = new Home(await mkdtemp(join(tmpdir(), "logins-")));
    await mkdir(join(home.folder, "bin"));
    return home;
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** Writes text as it is, and anything else as JSON. */
  async write(name: string, content: unknown): Promise<void> {
    await mkdir(dirname(this.path(name)), { recursive: true });
    await writeFile(this.path(name), typeof content === "string" ? content : JSON.stringify(content));
  }

  /** Puts `docker-credential-<name>` on PATH; each run of it leaves a line in `bin/<name>.log`. */
  async helper(name: string, script: string): Promise<void> {
    const path = this.path("bin", `docker-credential-${name}`);
    const log = `printf '%s %s\\n' "$1" "$server" >> '${this.path("bin", `${name}.log`)}'`;
    await writeFile(path, `#!/bin/sh\nserver=$(cat)\n${log}\n${script}\n`);
    await chmod(path, 0o755);
  }

  env(variables: Record<string, string> = {}): NodeJS.ProcessEnv {
    return {
      HOME: this.folder,
      USERPROFILE: this.folder,
      PATH: `${this.path("bin")}:/usr/bin:/bin`,
      ...variables,
    };
  }

  source(variables: Record<string, string> = {}, clock?: Clock): CredentialSource {
    return loginCredentials(this.env(variables), { clock });
  }
}

/** Whose login was found: its user name, `identity <token>`, or undefined for none. */
export async function userOf(
  source: CredentialSource,
  registry: string,
  repository = "team/app",
): Promise<string | undefined> {
  const credential = await source(registry, repository);
  if (credential === undefined) return undefined;
  return "identityToken" in credential ? `identity ${credential.identityToken}` : credential.username;
}
