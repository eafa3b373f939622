import { chmodSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * The engine finds a pack's host and providers without a language host or a download when they are on PATH.
 *
 * @param providers further ones: package → the script that serves it
 */
export function writePlugins(bin: string, providers: Readonly<Record<string, string>> = {}): void {
  executable(join(bin, "pulumi-analyzer-policy-nodejs"), join(__dirname, "policy-host.cjs"));
  for (const provider of ["aws", "aws-native", "docker-build"])
    executable(join(bin, `pulumi-resource-${provider}`), join(__dirname, "provider.cjs"), provider);
  for (const [name, script] of Object.entries(providers))
    executable(join(bin, `pulumi-resource-${name}`), script);
}

/** Makes the CLI use the plugins of that folder, and look for no others. */
export function pluginEnvironment(bin: string): Record<string, string> {
  return {
    PULUMI_IGNORE_AMBIENT_PLUGINS: "false",
    PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}`,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}

function executable(file: string, script: string, ...args: string[]): void {
  const words = [process.execPath, script, ...args].map((word) => `'${word}'`).join(" ");
  writeFileSync(file, `#!/bin/sh\nexec ${words} "$@"\n`);
  chmodSync(file, 0o755);
}
