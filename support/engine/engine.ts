import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CustomResource, type Output } from "@pulumi/pulumi";
import {
  type EngineEvent,
  LocalWorkspace,
  type PolicyEvent,
  type PulumiCommand,
  type PulumiFn,
  type Stack,
} from "@pulumi/pulumi/automation";
import { packageFolder } from "../../scripts/bundle/places";
import { findEngine, NoEngineError } from "../../scripts/engine";
import { type Finished, finished } from "../process/command";
import { separateConnections } from "./connections";
import type { EngineOptions, EngineRun, StackOptions } from "./options";
import { pluginEnvironment, writePlugins } from "./plugins";

export type { EngineOptions, EngineRun } from "./options";

/** The pack as it is published. */
export const guard = packageFolder;

/** A resource of any type, without the 84 MB of the AWS SDK for Pulumi. */
export class AnyResource extends CustomResource {}

/** Its URL is not known in a preview; the stand-in provider gives the one named here once it is created. */
export class Repository extends CustomResource {
  declare readonly repositoryUrl: Output<string>;
  constructor(name: string, url: string) {
    super("aws:ecr/repository:Repository", name, { url, repositoryUrl: undefined });
  }
}

/**
 * A stack of the real Pulumi engine: an inline program, a file backend in a temporary folder, and a stand-in for the
 * AWS providers that creates nothing and records what it should create. Needs no account, no login and no network.
 */
export class EngineStack {
  readonly #running = new Set<AbortController>();

  private constructor(
    private readonly stack: Stack,
    private readonly folder: string,
    private readonly cli: string,
  ) {}

  static async create(
    engine: PulumiCommand,
    program: () => void,
    { config = {}, providers = {}, environment = {}, node, cloud }: StackOptions = {},
  ): Promise<EngineStack> {
    separateConnections();
    const folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-"));
    for (const name of ["work", "home", "state", "bin"]) mkdirSync(join(folder, name));
    const bin = join(folder, "bin");
    const url = cloud?.url ?? `file://${join(folder, "state")}`;
    writePlugins(bin, providers, node);
    const inline: PulumiFn = () => {
      program();
      return Promise.resolve();
    };
    const stack = await LocalWorkspace.createOrSelectStack(
      {
        stackName: cloud === undefined ? "test" : `${cloud.organization}/guarded/test-${stacks++}`,
        projectName: "guarded",
        program: inline,
      },
      {
        pulumiCommand: engine,
        workDir: join(folder, "work"),
        pulumiHome: cloud?.home ?? join(folder, "home"),
        projectSettings: {
          name: "guarded",
          runtime: "nodejs",
          backend: { url },
        },
        envVars: {
          // What the person's own environment may say otherwise.
          PULUMI_BACKEND_URL: url,
          ...pluginEnvironment(bin),
          PULUMI_CONFIG_PASSPHRASE: "test",
          ...cloud?.environment,
          ECS_IMAGE_GUARD_CREATED: join(folder, "created"),
          // Every stack begins without a cache, and keeps its own between its runs.
          ECS_IMAGE_GUARD_IMAGE_CACHE: join(folder, "cache"),
          ...environment,
        },
      },
    );
    for (const [key, value] of Object.entries(config)) await stack.setConfig(key, { value });
    return new EngineStack(stack, folder, engine.command);
  }

  preview(options: EngineOptions = {}): Promise<EngineRun> {
    return this.#run(options, (common) => this.stack.preview(common));
  }

  up(options: EngineOptions = {}): Promise<EngineRun> {
    return this.#run(options, (common) => this.stack.up({ ...common, showSecrets: false }));
  }

  /** The engine runs no packs when it destroys. */
  destroy(): Promise<EngineRun> {
    return this.#run({ packs: [] }, (common) => this.stack.destroy(common));
  }

  /** Any other command of the CLI, at home with this stack: `["stack", "export"]`. */
  command(...args: readonly string[]): Promise<Finished> {
    return this.commandIn({}, ...args);
  }

  /** The same with further variables of the environment. */
  commandIn(environment: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Finished> {
    const { workDir } = this.stack.workspace;
    const env = { ...process.env, ...this.environment(), ...environment };
    const options = { cwd: workDir, env, timeout: 100_000, maxBuffer: 64 * 1024 * 1024 };
    return finished(execFile(this.cli, [...args, "--color", "never"], options));
  }

  /** Variables under which another program finds the same backend, providers and packs' host. */
  environment(): Record<string, string> {
    const { envVars, pulumiHome = "" } = this.stack.workspace;
    return { ...envVars, PULUMI_HOME: pulumiHome };
  }

  /** A folder of this stack's own, removed with it. */
  get workFolder(): string {
    return this.stack.workspace.workDir;
  }

  /** The names of the resources that the stand-in provider created, in order. */
  created(): string[] {
    try {
      return readFileSync(join(this.folder, "created"), "utf8").trim().split("\n");
    } catch {
      return [];
    }
  }

  /** Writes a file of the program's project. */
  write(path: string, text: string): void {
    const file = join(this.folder, "work", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** The inputs of the created resources by their names, as the stack's state holds them. */
  async inputs(): Promise<Map<string, Record<string, unknown>>> {
    const state = (await this.stack.exportStack()) as {
      deployment: { resources?: { urn: string; inputs?: Record<string, unknown> }[] };
    };
    const { resources = [] } = state.deployment;
    return new Map(resources.map(({ urn, inputs = {} }) => [urn.split("::").at(-1) ?? "", inputs]));
  }

  /** Stops what still runs and removes the temporary folder. */
  remove(): void {
    for (const run of this.#running) run.abort();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #run(
    { packs = [guard], configs, selection = {}, onOutput, color = "never" }: EngineOptions,
    command: (options: object) => Promise<{ stdout: string; stderr: string }>,
  ): Promise<EngineRun> {
    const policyPackConfigs = configs?.map((config, i) => {
      const file = join(this.folder, `config-${i}.json`);
      writeFileSync(file, JSON.stringify(config));
      return file;
    });
    const chunks: string[] = [];
    const listen = (text: string) => {
      chunks.push(text);
      onOutput?.(text);
    };
    const violations: PolicyEvent[] = [];
    const stopping = new AbortController();
    this.#running.add(stopping);
    const common = {
      ...selection,
      color,
      policyPacks: [...packs],
      onOutput: listen,
      onError: listen,
      onEvent: ({ policyEvent }: EngineEvent) => {
        if (policyEvent !== undefined) violations.push(policyEvent);
      },
      signal: stopping.signal,
      ...(policyPackConfigs ? { policyPackConfigs } : {}),
    };
    const passed = await command(common).then(
      () => true,
      (error: unknown) => {
        // A run that the engine ends with an error has printed why; anything else is a defect of the test.
        if (chunks.length === 0) throw error;
        return false;
      },
    );
    this.#running.delete(stopping);
    return { passed, output: chunks.join(""), violations };
  }
}

let stacks = 0;
let engine: Promise<PulumiCommand> | undefined;

/**
 * The engine for a suite; if there is none, the suite is skipped and says why, except in CI, where a missing part fails.
 */
export async function engineFor(suite: Mocha.Context): Promise<PulumiCommand> {
  suite.timeout(15 * 60_000);
  engine ??= findEngine((line) => process.stderr.write(`${line}\n`));
  try {
    return await engine;
  } catch (error) {
    if (process.env["CI"] !== undefined || !(error instanceof NoEngineError)) throw error;
    process.stderr.write(`Skipped, for want of a Pulumi engine: ${error.message}\n`);
    return suite.skip();
  }
}
