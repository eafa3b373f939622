import { parseArgs, type ParseArgsConfig } from "node:util";
import { InvalidPlatformError, parsePlatform, type Platform } from "../oci/platform";
import { printableName } from "../oci/reference";
import { isRuntimeName, type RuntimeName, runtimeNames } from "../runtimes/predict";
import { isRegistryName } from "../oci/registry-name";
import { closest, printable } from "../common/text";

/** After an error; the whole help would hide it. */
export const shortUsage = `Usage: ecs-image-guard inspect IMAGE... [options]
See ecs-image-guard --help for the options.
`;

export const usage = `Usage: ecs-image-guard inspect IMAGE... [options]

Reads each image's manifest in its registry and says whether its layers mix gzip
and zstd, and which container runtimes can pull it. IMAGE is a name as in a
container definition; - reads names from standard input.

Options:
  --platform OS/ARCH[/VARIANT]  the platform of the task (default: linux/amd64)
  --runtime NAME...             judge for these runtimes only (default: those of
                                ECS)
  --sniff                       look at the first bytes of each layer too
  --format text|json|sarif      how to print (default: text)
  --insecure-registry HOST      may be asked over plain http (may be repeated)
  --explain                     tell every step: credentials, requests, choices;
                                never a secret
  --no-cache                    keeps nothing on disk, and reads nothing kept
  -h, --help                    this text
  --version                     the version

Exit status: 0 all fine, 1 an image would be blocked, 2 an image could not be
checked (and none is blocked), 3 wrong usage.

Runtimes: ${runtimeNames.slice(0, 5).join(", ")},
${runtimeNames.slice(5).join(", ")}.
`;

const formats = ["text", "json", "sarif"] as const;

export interface Arguments {
  readonly command: "inspect";
  readonly images: readonly string[];
  readonly platform: Platform;
  /** Empty: those of ECS. */
  readonly runtimes: readonly RuntimeName[];
  readonly sniffLayers: boolean;
  readonly format: (typeof formats)[number];
  readonly insecureRegistries: readonly string[];
  /** Tell every step of each image's inspection. */
  readonly explain: boolean;
  readonly cache: boolean;
}

/** The command line was not understood; the message says which part of it. */
export class UsageError extends Error {}

/** @throws UsageError */
export function parseArguments(
  argv: readonly string[],
): Arguments | { readonly command: "help" | "version" } {
  const { values, positionals } = parse(argv);
  if (values.help) return { command: "help" };
  if (values.version) return { command: "version" };
  const [command, ...images] = positionals;
  if (command === undefined) throw new UsageError("Say what to do: `inspect`.");
  if (command !== "inspect") throw unknown("command", printableName(command, 80), ["inspect"]);
  if (images.length === 0) throw new UsageError("Name at least one image.");
  const format = formats.find((name) => name === values.format);
  if (format === undefined) throw unknown("format", printable(values.format, 80), formats);
  return {
    command,
    images,
    platform: platformOf(values.platform),
    runtimes: runtimesOf(values.runtime),
    sniffLayers: values.sniff,
    format,
    insecureRegistries: values["insecure-registry"].map(requireRegistry),
    explain: values.explain,
    cache: !values["no-cache"],
  };
}

const options = {
  platform: { type: "string", default: "linux/amd64" },
  format: { type: "string", default: "text" },
  runtime: { type: "string", multiple: true, default: [] as string[] },
  sniff: { type: "boolean", default: false },
  "insecure-registry": { type: "string", multiple: true, default: [] as string[] },
  explain: { type: "boolean", default: false },
  "no-cache": { type: "boolean", default: false },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} satisfies ParseArgsConfig["options"];

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: withRuntimeLists(argv), allowPositionals: true, options });
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const option = /^Unknown option '(-[^'=]*)/.exec(words)?.[1];
    if (option === undefined) throw new UsageError(words);
    throw unknown(
      "option",
      printable(option, 80),
      Object.keys(options).map((name) => `--${name}`),
    );
  }
}

function unknown(noun: string, word: string, known: readonly string[]): UsageError {
  const near = closest(word, known);
  const hint = near === undefined ? `Known: ${known.join(", ")}.` : `Did you mean \`${near}\`?`;
  return new UsageError(`Unknown ${noun} \`${word}\`. ${hint}`);
}

/** `--runtime A B` names two runtimes: what follows one and is a runtime's name is one more, and no image. */
function withRuntimeLists(argv: readonly string[]): string[] {
  return argv.reduce<string[]>((args, word) => {
    const last = args.at(-1) ?? "";
    if (last === "--runtime") return [...args.slice(0, -1), `${last}=${word}`];
    return last.startsWith("--runtime=") && isRuntimeName(word)
      ? [...args.slice(0, -1), `${last},${word}`]
      : [...args, word];
  }, []);
}

function runtimesOf(lists: readonly string[]): RuntimeName[] {
  const names = lists.flatMap((list) => list.split(","));
  return names.map((name) => {
    if (isRuntimeName(name)) return name;
    throw unknown("runtime", printable(name, 80), runtimeNames);
  });
}

function requireRegistry(name: string): string {
  if (isRegistryName(name)) return name;
  throw new UsageError(`\`${printableName(name, 80)}\` is no registry: write host[:port].`);
}

function platformOf(text: string): Platform {
  try {
    return parsePlatform(text);
  } catch (error) {
    if (error instanceof InvalidPlatformError) throw new UsageError(error.message);
    throw error;
  }
}
