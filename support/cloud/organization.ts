import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import type { PulumiCommand } from "@pulumi/pulumi/automation";
import { EngineStack } from "../engine/engine";
import { pluginEnvironment, writePlugins } from "../engine/plugins";
import { LanguageHost } from "../engine/language-host";
import { PulumiCloud } from "./pulumi-cloud";

/** What a command printed, both streams together, and how it ended. */
export interface CommandRun {
  readonly status: number;
  readonly output: string;
}

/** An organization of Pulumi Cloud as its platform team and its developers have it: the real CLI, logged in to a stand-in. */
export class Organization {
  readonly name = "acme";
  readonly #stacks: EngineStack[] = [];
  readonly #running = new AbortController();
  readonly #environment: Readonly<Record<string, string>>;

  private constructor(
    private readonly engine: PulumiCommand,
    readonly folder: string,
    readonly cloud: PulumiCloud,
    readonly languageHost: LanguageHost,
  ) {
    // Where the whole Pulumi is installed, its own language host installs the packs.
    const host = hasLanguageHost(engine) ? {} : languageHost.environment;
    this.#environment = { PULUMI_ACCESS_TOKEN: cloud.token, ...host };
  }

  static async start(engine: PulumiCommand): Promise<Organization> {
    const folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-organization-"));
    for (const name of ["home", "bin"]) mkdirSync(join(folder, name));
    writePlugins(join(folder, "bin"));
    return new Organization(engine, folder, await PulumiCloud.start("acme"), await LanguageHost.start());
  }

  async stop(): Promise<void> {
    this.#running.abort();
    for (const stack of this.#stacks) stack.remove();
    this.languageHost.stop();
    await this.cloud.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async stack(program: () => void): Promise<EngineStack> {
    const stack = await EngineStack.create(this.engine, program, {
      cloud: {
        url: this.cloud.url,
        organization: this.name,
        home: join(this.folder, "home"),
        environment: this.#environment,
      },
    });
    this.#stacks.push(stack);
    return stack;
  }

  /** Runs `pulumi policy …`. */
  policy(args: readonly string[], cwd = this.folder): Promise<CommandRun> {
    return this.run(this.engine.command, ["policy", ...args], cwd);
  }

  /** Enables the latest version of the pack, or another, with a configuration for the organization. */
  enable(config: object = {}, version = "latest"): Promise<CommandRun> {
    return this.policy(["enable", `${this.name}/ecs-image-guard`, version, "--config", this.write(config)]);
  }

  /** Writes a configuration file and gives its path. */
  write(config: object): string {
    const file = join(this.folder, "config.json");
    writeFileSync(file, JSON.stringify(config));
    return file;
  }

  /** Runs a command of the platform team; at most two minutes. */
  run(command: string, args: readonly string[], cwd: string): Promise<CommandRun> {
    const cli = isAbsolute(this.engine.command) ? `${dirname(this.engine.command)}${delimiter}` : "";
    const plugins = pluginEnvironment(join(this.folder, "bin"));
    const env = {
      ...process.env,
      ...plugins,
      PATH: `${cli}${plugins["PATH"] ?? ""}`,
      PULUMI_HOME: join(this.folder, "home"),
      PULUMI_BACKEND_URL: this.cloud.url,
      NO_COLOR: "1",
      ...this.#environment,
    };
    const { signal } = this.#running;
    return new Promise((resolve, reject) => {
      execFile(command, args, { cwd, env, signal, timeout: 120_000 }, (error, stdout, stderr) => {
        const status = error === null ? 0 : error.code;
        if (typeof status === "number") resolve({ status, output: stdout + stderr });
        else reject(new Error(`${command} did not end by itself`, { cause: error }));
      });
    });
  }
}

function hasLanguageHost({ command }: PulumiCommand): boolean {
  const folders = isAbsolute(command) ? [dirname(command)] : [];
  folders.push(...(process.env["PATH"] ?? "").split(delimiter));
  return folders.some((folder) => existsSync(join(folder, "pulumi-language-nodejs")));
}
