import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import {
  AnalyzeRequest,
  type AnalyzeResponse,
  type AnalyzerInfo,
  AnalyzerPropertyDependencies,
  AnalyzerResource,
  AnalyzerResourceOptions,
  AnalyzerStackConfigureRequest,
  AnalyzeStackRequest,
  ConfigureAnalyzerRequest,
  EnforcementLevel,
  PolicyConfig,
} from "@pulumi/pulumi/proto/analyzer_pb";
import { type Registered, urnOf } from "../support/engine/fake-engine";

const run = { organization: "bench", project: "bench", stack: "bench" };

/** A pack as the language host starts it, and the engine's part of a preview. */
export class PackProcess {
  readonly #client: AnalyzerClient;

  private constructor(
    private readonly pack: ChildProcess,
    port: number,
  ) {
    this.#client = new AnalyzerClient(`127.0.0.1:${port}`, credentials.createInsecure());
  }

  /** Resolves as soon as the pack has printed its port. */
  static async start(folder: string): Promise<PackProcess> {
    const script = createRequire(join(folder, "package.json")).resolve("@pulumi/pulumi/cmd/run-policy-pack");
    // It connects to the engine's address only when it logs.
    const pack = spawn(process.execPath, [script, "127.0.0.1:9", folder], {
      cwd: folder,
      env: { ...process.env, PULUMI_NODEJS_DRY_RUN: "true", PULUMI_NODEJS_STACK: run.stack },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(pack, "close");
    const [first] = (await Promise.race([once(pack.stdout, "data"), ended])) as [unknown];
    const [, port] = /^(\d+)\n/.exec(String(first)) ?? [];
    if (port === undefined) throw new Error(`The pack in ${folder} did not start: ${String(first)}`);
    return new PackProcess(pack, Number(port));
  }

  /** What the pack tells the engine of itself and its policies. */
  info(): Promise<AnalyzerInfo> {
    return call<AnalyzerInfo>((done) => this.#client.getAnalyzerInfo(new Empty(), done));
  }

  /**
   * Previews a program.
   *
   * @param disabled names of policies
   * @returns milliseconds from the first resource to the end of the stack
   * @throws Error if the pack reports anything: what is measured must be the work
   */
  async preview(resources: readonly Registered[], disabled: readonly string[]): Promise<number> {
    const stack = new AnalyzerStackConfigureRequest()
      .setOrganization(run.organization)
      .setProject(run.project)
      .setStack(run.stack)
      .setDryRun(true);
    await call<unknown>((done) => this.#client.configureStack(stack, done));
    const levels = new ConfigureAnalyzerRequest();
    for (const name of disabled) levels.getPolicyconfigMap().set(name, disabledPolicy());
    await call<unknown>((done) => this.#client.configure(levels, done));
    const requests = resources.map(analyzeRequest);
    const whole = new AnalyzeStackRequest().setResourcesList(resources.map(analyzerResource));
    const started = performance.now();
    const answers: AnalyzeResponse[] = [];
    for (const request of requests)
      answers.push(await call<AnalyzeResponse>((done) => this.#client.analyze(request, done)));
    answers.push(await call<AnalyzeResponse>((done) => this.#client.analyzeStack(whole, done)));
    const took = performance.now() - started;
    const told = answers.flatMap((answer) => answer.getDiagnosticsList().map((one) => one.getMessage()));
    if (told.length > 0) throw new Error(`The pack reported:\n${told.join("\n")}`);
    return took;
  }

  async stop(): Promise<void> {
    this.#client.close();
    const ended = once(this.pack, "close");
    this.pack.kill("SIGKILL");
    await ended;
  }
}

function call<T>(send: (done: (error: ServiceError | null, answer: T) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    send((error, answer) => {
      if (error === null) resolve(answer);
      else reject(error);
    });
  });
}

function disabledPolicy(): PolicyConfig {
  return new PolicyConfig().setEnforcementlevel(EnforcementLevel.DISABLED).setProperties(new Struct());
}

function analyzeRequest(resource: Registered): AnalyzeRequest {
  return new AnalyzeRequest()
    .setType(resource.type ?? "")
    .setName(resource.name)
    .setUrn(urnOf(resource))
    .setOptions(new AnalyzerResourceOptions())
    .setProperties(structOf(resource.props));
}

function analyzerResource(resource: Registered): AnalyzerResource {
  const { type = "", name, outputs, props, dependencies = [], propertyDependencies = {} } = resource;
  const sent = new AnalyzerResource()
    .setType(type)
    .setName(name)
    .setUrn(urnOf(resource))
    .setOptions(new AnalyzerResourceOptions())
    .setProperties(structOf(outputs ?? props))
    .setDependenciesList([...dependencies]);
  for (const [key, urns] of Object.entries(propertyDependencies))
    sent.getPropertydependenciesMap().set(key, new AnalyzerPropertyDependencies().setUrnsList([...urns]));
  return sent;
}

function structOf(props: object): Struct {
  return Struct.fromJavaScript(
    JSON.parse(JSON.stringify(props)) as Parameters<typeof Struct.fromJavaScript>[0],
  );
}
