import { runtime } from "@pulumi/pulumi";
import type { StackName } from "../cache/records";
import { programFolder } from "./program-files";

/**
 * Whether the engine asks the stack's policies while a report can still stop something: in a preview, and in
 * `pulumi policy analyze`, which deploys nothing. All look-ups can then run side by side and be reported together.
 */
export function reportsAtEnd(): boolean {
  return runtime.isDryRun() || isAnalysis(process.env, process.argv);
}

/** The full name of the stack that the engine runs; undefined where there is none. */
export function stackName(): StackName | undefined {
  const [project, stack] = [runtime.getProject(), runtime.getStack()];
  if (project === "" || stack === "") return undefined;
  const name = { backend: backendHint(project), project, stack };
  try {
    return { ...name, organization: runtime.getOrganization() };
  } catch {
    return { ...name, organization: "" }; // The backends of one's own have none.
  }
}

/**
 * What tells backends apart. The engine does not tell a pack its backend. It takes it from PULUMI_BACKEND_URL, else from the
 * project file, else from the login in PULUMI_HOME (`currentCloudURL` in pulumi 3.255,
 * `sdk/go/common/resource/plugin/cloud_credentials.go`).
 */
function backendHint(project: string): string {
  const { PULUMI_BACKEND_URL: url, PULUMI_HOME: home } = process.env;
  return JSON.stringify([url, home, programFolder(project)]);
}

/** Whether the engine started this process, and so shows what it prints. */
export function isServedByEngine([, script = ""]: readonly string[] = process.argv): boolean {
  return /[\\/]run-policy-pack([\\/]|$)/.test(script);
}

/**
 * `pulumi policy analyze` gives a pack no stack, and does not say whether it is a dry run (pulumi 3.255, `constructEnv` in
 * `resource/plugin/analyzer_plugin.go`), as every preview and update do. Where the engine did not start this process,
 * nothing is known, and what holds for an update is always safe.
 */
export function isAnalysis(env: NodeJS.ProcessEnv, argv: readonly string[]): boolean {
  const told = ["PULUMI_DRY_RUN", "PULUMI_NODEJS_DRY_RUN", "PULUMI_STACK", "PULUMI_NODEJS_STACK"];
  return isServedByEngine(argv) && !told.some((name) => env[name]);
}
