import { buildSync } from "esbuild";
import { chmodSync, existsSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { builtProgram } from "../../scripts/go-build";
import { yamlHost } from "../../scripts/yaml-host";

const languageHost = "pulumi-language-nodejs";

/**
 * Puts plugins into a folder, for the engine to find on PATH without a download.
 *
 * @param providers further ones: package → the script that serves it
 * @param node what runs the language host, and with it the packs
 */
export function writePlugins(
  bin: string,
  providers: Readonly<Record<string, string>> = {},
  node = process.execPath,
): void {
  // The real one comes with the whole Pulumi.
  const path = (process.env["PATH"] ?? "").split(delimiter);
  if (!path.some((folder) => existsSync(join(folder, languageHost)))) writeLanguageHost(bin, node);
  const yaml = builtProgram(yamlHost);
  if (yaml !== undefined) symlinkSync(yaml, join(bin, yamlHost.name));
  for (const provider of ["aws", "aws-native", "command", "docker-build"])
    executable(join(bin, `pulumi-resource-${provider}`), [
      process.execPath,
      join(__dirname, "provider.cjs"),
      provider,
    ]);
  for (const [name, script] of Object.entries(providers))
    executable(join(bin, `pulumi-resource-${name}`), [process.execPath, script]);
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

let bundledHost: string | undefined;

/** The stand-in is one file, since the engine starts it with every command. */
function writeLanguageHost(bin: string, node: string): void {
  bundledHost ??= buildSync({
    entryPoints: [join(__dirname, "host/main.ts")],
    bundle: true,
    platform: "node",
    target: "node20",
    write: false,
  }).outputFiles[0]?.text;
  const script = join(bin, "language-host.cjs");
  writeFileSync(script, bundledHost ?? "");
  executable(join(bin, languageHost), [node, script]);
}

function executable(file: string, command: readonly string[]): void {
  const words = command.map((word) => `'${word}'`).join(" ");
  writeFileSync(file, `#!/bin/sh\nexec ${words} "$@"\n`);
  chmodSync(file, 0o755);
}
