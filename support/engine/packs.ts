import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const modules = resolve(__dirname, "../../node_modules");

/**
 * Writes a policy pack that takes its libraries from this checkout.
 *
 * @param policies the source of the array of policies; default: none, a pack that only costs what every pack costs
 * @returns the pack's folder
 */
export function writePack(parent: string, name: string, policies = "[]"): string {
  const folder = join(parent, name);
  mkdirSync(folder);
  symlinkSync(modules, join(folder, "node_modules"));
  writeFileSync(join(folder, "PulumiPolicy.yaml"), "runtime: nodejs\n");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version: "1.0.0", main: "index.js" }));
  const source = `const { PolicyPack } = require("@pulumi/policy");
new PolicyPack(${JSON.stringify(name)}, { policies: ${policies} });\n`;
  writeFileSync(join(folder, "index.js"), source);
  return folder;
}
