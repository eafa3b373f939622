import { runtime } from "@pulumi/pulumi";

/**
 * Whether the engine asks the stack's policies while a report can still stop something: in a preview, and in
 * `pulumi policy analyze`, which deploys nothing. All look-ups can then run side by side and be reported together.
 */
export function reportsAtEnd(): boolean {
  return runtime.isDryRun() || isAnalysis(process.env, process.argv);
}

/**
 * `pulumi policy analyze` gives a pack no stack, and does not say whether it is a dry run (pulumi 3.255, `constructEnv` in
 * `resource/plugin/analyzer_plugin.go`), as every preview and update do. Where the engine did not start this process,
 * nothing is known, and what holds for an update is always safe.
 */
export function isAnalysis(env: NodeJS.ProcessEnv, [, script = ""]: readonly string[]): boolean {
  const servedByEngine = /[\\/]run-policy-pack([\\/]|$)/.test(script);
  const told = ["PULUMI_DRY_RUN", "PULUMI_NODEJS_DRY_RUN", "PULUMI_STACK", "PULUMI_NODEJS_STACK"];
  return servedByEngine && !told.some((name) => env[name]);
}
