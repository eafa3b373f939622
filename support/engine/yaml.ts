import { builtProgram } from "../../scripts/go-build";
import { yamlHost } from "../../scripts/yaml-host";
import type { Finished } from "../process/command";
import { type EngineStack, guard } from "./engine";

/** Without Pulumi's host for YAML the test is skipped, which is said; in CI that is a failure. */
export function needsYamlHost(test: Mocha.Context): void {
  if (builtProgram(yamlHost) !== undefined) return;
  const reason = `${yamlHost.name} is not built: npx tsx scripts/yaml-host.ts`;
  if (process.env["CI"] !== undefined) throw new Error(reason);
  console.log(`      skipped: ${reason}`);
  test.skip();
}

/**
 * Runs a program in YAML with our pack, in the folder and the backend of a stack.
 *
 * @param document the text of `Pulumi.yaml`
 */
export async function runYaml(
  stack: EngineStack,
  command: "preview" | "up",
  document: string,
  config: Readonly<Record<string, string>> = {},
  ...options: readonly string[]
): Promise<Finished> {
  stack.write("Pulumi.yaml", document);
  const selected = await stack.command("stack", "select", "--create", "yaml");
  if (!selected.passed) return selected;
  for (const [key, value] of Object.entries(config)) await stack.command("config", "set", key, value);
  return stack.command(command, ...(command === "up" ? ["--yes"] : []), "--policy-pack", guard, ...options);
}
