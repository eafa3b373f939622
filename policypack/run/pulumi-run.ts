import type { EnforcementLevel } from "@pulumi/policy";
import type { StackName } from "../cache/records";
import { programFolder } from "./program-files";

/** The content of `ConfigureStack`: the stack that is previewed or updated. */
export interface StackRun extends Omit<StackName, "backend"> {
  /** Whether it is a preview. */
  readonly dryRun: boolean;
}

let configured: StackRun | undefined;

/**
 * Takes the content of `ConfigureStack`. It holds however the pack was started; the environment, which
 * is read otherwise, is set by the language host alone. Where the engine sends none, the language host sends one that names no
 * stack (`PolicyProxy.Attach` in pulumi 3.274, `sdk/policy_proxy.go`): it proves nothing.
 */
export function configureRun(run: StackRun): void {
  if (run.stack !== "") configured = run;
}

let listening = false;

/** Says that this process calls `configureRun` for each `ConfigureStack` of the engine: it is our own pack. */
export function listenForRuns(): void {
  listening = true;
}

let levels: ReadonlyMap<string, EnforcementLevel> | undefined;

/** Takes the levels of policies from `Configure`. */
export function configureLevels(configured: ReadonlyMap<string, EnforcementLevel>): void {
  levels = configured;
}

/** Policy → the level that its configuration gives it; unknown if another pack runs the policies: only ours listens to `Configure`. */
export function configuredLevels(): ReadonlyMap<string, EnforcementLevel> | "unknown" {
  return levels ?? (isServedByEngine() ? "unknown" : new Map());
}

/** Whether the engine runs a preview. False if that is unknown: what holds for an update is always safe. */
export function isPreview(): boolean {
  return configured?.dryRun ?? process.env["PULUMI_NODEJS_DRY_RUN"] === "true";
}

/**
 * Whether the engine calls the stack's policies while a report can still stop something: in a preview, and in
 * `pulumi policy analyze`, which deploys nothing. All lookups can then run side by side and be reported together.
 */
export function reportsAtEnd(): boolean {
  return isPreview() || (configured === undefined && isAnalysis(process.env, process.argv, listening));
}

/** The name of the project that the engine runs; empty if it is unknown. */
export function projectName(): string {
  return configured?.project ?? process.env["PULUMI_NODEJS_PROJECT"] ?? "";
}

let found: { readonly folder: string | undefined } | undefined;

/** The folder of the program that the engine runs; undefined if it is not found. */
export function runFolder(): string | undefined {
  found ??= { folder: programFolder(projectName()) };
  return found.folder;
}

/** The full name of the stack that the engine runs; undefined if it is unknown. Backends of one's own have no organization. */
export function stackName(): StackName | undefined {
  const project = projectName();
  const stack = configured?.stack ?? process.env["PULUMI_NODEJS_STACK"] ?? "";
  if (project === "" || stack === "") return undefined;
  const organization = configured?.organization ?? process.env["PULUMI_NODEJS_ORGANIZATION"] ?? "";
  return { backend: backendHint(), organization, project, stack };
}

/**
 * What distinguishes backends. The engine does not pass its backend to a pack. It takes it from PULUMI_BACKEND_URL, else from the
 * project file, else from the login in PULUMI_HOME (`currentCloudURL` in pulumi 3.255,
 * `sdk/go/common/resource/plugin/cloud_credentials.go`).
 */
function backendHint(): string {
  const { PULUMI_BACKEND_URL: url, PULUMI_HOME: home } = process.env;
  return JSON.stringify([url, home, programFolder(projectName())]);
}

/** The SDK's entry, with which language hosts start packs. */
const hostedScript = /[\\/]run-policy-pack(?:[\\/]|$)/;

/** Our pack's file, which an engine can start itself. */
const packScript = /[\\/]bin[\\/]pack\.js$/;

/** Whether the engine or its language host started this process: the engine shows what it prints. */
export function isServedByEngine([, script = ""]: readonly string[] = process.argv): boolean {
  return hostedScript.test(script) || packScript.test(script);
}

/**
 * Whether the engine runs `pulumi policy analyze`, in a process that got no `ConfigureStack`. An update must never
 * be taken for it: the report would come after the deployment. Updates and previews send `ConfigureStack` before any resource
 * (pulumi 3.274, `NewPolicyAnalyzer`), which our own pack receives, and language hosts put the stack into the environment of any pack;
 * `policy analyze` does neither (`LoadLocalPolicyPackAnalyzers`). `PULUMI_STACK` and `PULUMI_DRY_RUN` prove nothing: people set them
 * for the CLI. In a pack of another author that no language host started, nothing is known.
 *
 * @param listens whether the process receives `ConfigureStack`
 */
export function isAnalysis(env: NodeJS.ProcessEnv, argv: readonly string[], listens: boolean): boolean {
  const told = ["PULUMI_NODEJS_DRY_RUN", "PULUMI_NODEJS_STACK"].some((name) => env[name]);
  const [, script = ""] = argv;
  return !told && (hostedScript.test(script) || (listens && packScript.test(script)));
}

/** How often a process looks whether its parent still runs; milliseconds. */
const parentCheckMs = 500;

/**
 * Ends this process soon after the one that started it has ended. Pulumi's engine ends its plugins when it is cancelled, but an
 * engine that is killed ends none, and a pack would wait for registries, and keep its port, for nobody. Where the system does
 * not give orphans a new parent (Windows), nothing happens.
 */
export function exitWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit();
  }, parentCheckMs).unref();
}
