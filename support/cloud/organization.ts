import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import type { PulumiCommand } from "@pulumi/pulumi/automation";
import { EngineStack } from "../engine/engine";
import { pluginEnvironment, writePlugins } from "../engine/plugins";
import { type Install, installsVariable } from "../engine/host/dependencies";
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
  ) {
    this.#environment = {
      PULUMI_ACCESS_TOKEN: cloud.token,
      [installsVariable]: join(folder, "installs"),
      // A fresh machine whose npm registry is down.
      npm_config_registry: "http://127.0.0.1:9/",
      npm_config_cache: join(folder, "npm-cache"),
      npm_config_fetch_retries: "0",
    };
  }

  static async start(engine: PulumiCommand): Promise<Organization> {
    const folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-organization-"));
    for (const name of ["home", "bin"]) mkdirSync(join(folder, name));
    writePlugins(join(folder, "bin"));
    return new Organization(engine, folder, await PulumiCloud.start("acme"));
  }

  async stop(): Promise<void> {
    this.#running.abort();
    for (const stack of this.#stacks) stack.remove();
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

  /** The runs of `npm` with which packs were installed, if the stand-in of the language host is in use. */
  installs(): readonly Install[] {
    const log = join(this.folder, "installs");
    if (!existsSync(log)) return [];
    return readFileSync(log, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Install);
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
