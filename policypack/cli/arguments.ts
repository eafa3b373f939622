import { parseArgs, type ParseArgsConfig } from "node:util";
import { InvalidPlatformError, parsePlatform, type Platform } from "../oci/platform";
import { printableName } from "../oci/reference";
import { isRuntimeName, type RuntimeName, runtimeNames } from "../runtimes/predict";
import { isRegistryName } from "../oci/registry-name";
import { closest, printable } from "../common/text";
import { InputError } from "./input";

export const usage = `Usage: ecs-image-guard inspect [IMAGE...] [options]

Reads each image's manifest in its registry and says whether its layers mix gzip
and zstd, and whether ECS can pull it. IMAGE is a name as in a container
definition; - reads names from standard input.

What to inspect:
  --task-definition FILE        the images of a task definition in JSON, as
                                \`aws ecs describe-task-definition\` prints it;
                                - for standard input (may be repeated)
  --platform OS/ARCH[/VARIANT]  the platform of the named images' tasks
                                (default: linux/amd64)
How to judge:
  --config FILE                 the policy pack's configuration, for the same
                                verdict as in a preview
  --runtime NAME...             judge for these container runtimes (default:
                                those of ECS)
  --sniff                       check the first bytes of each layer too
  --insecure-registry HOST      a registry without TLS (may be repeated)
  --no-cache                    do not read or write the cache on disk
What to print:
  --format NAME                 text, json, sarif or markdown (default: text)
  --output FILE                 write the report to a file
  --explain                     show every step: credentials, requests, choices;
                                never a secret
  --quiet                       show only blocked and unverified images
  --color WHEN                  always, never or auto (default: auto)
  -h, --help                    show this text
  --version                     show the version

Exit status: 0 nothing is blocked, 1 an image would be blocked, 2 an image could
not be checked (and none is blocked), 3 wrong usage, or unusable input.

Runtimes: ${runtimeNames.slice(0, 5).join(", ")},
${runtimeNames.slice(5).join(", ")}.
`;

const formats = ["text", "json", "sarif", "markdown"] as const;
const colors = ["always", "never", "auto"] as const;

export interface Arguments {
  readonly command: "inspect";
  readonly images: readonly string[];
  /** Files with task definitions. */
  readonly taskDefinitions: readonly string[];
  readonly platform: Platform;
  /** A file as `--policy-pack-config` takes it. */
  readonly config: string | undefined;
  /** Empty: those of ECS. */
  readonly runtimes: readonly RuntimeName[];
  readonly sniffLayers: boolean;
  readonly format: (typeof formats)[number];
  /** The file that gets the report; undefined for standard output. */
  readonly output: string | undefined;
  readonly insecureRegistries: readonly string[];
  /** Show every step of each image's inspection. */
  readonly explain: boolean;
  readonly quiet: boolean;
  readonly color: (typeof colors)[number];
  readonly cache: boolean;
}

/** The command line was not understood; the message says which part of it. */
export class UsageError extends InputError {
  override readonly name = "UsageError";
}

/** @throws UsageError */
export function parseArguments(
  argv: readonly string[],
): Arguments | { readonly command: "help" | "version" } {
  const { values, positionals } = parse(argv);
  if (values.help) return { command: "help" };
  if (values.version) return { command: "version" };
  const [command, ...images] = positionals;
  if (command === undefined) throw new UsageError("A command is missing: `inspect`.");
  if (command !== "inspect") throw unknown("command", printableName(command, 80), ["inspect"]);
  const taskDefinitions = values["task-definition"];
  if (images.length + taskDefinitions.length === 0)
    throw new UsageError("Name at least one image, or a --task-definition.");
  if ([...images, ...taskDefinitions, values.config].filter((name) => name === "-").length > 1)
    throw new UsageError("Standard input (`-`) can be read only once.");
  return {
    command,
    images,
    taskDefinitions,
    platform: platformOf(values.platform),
    config: values.config,
    runtimes: runtimesOf(values.runtime),
    sniffLayers: values.sniff,
    format: oneOf("format", values.format, formats),
    output: values.output,
    insecureRegistries: values["insecure-registry"].map(requireRegistry),
    explain: values.explain,
    quiet: values.quiet,
    color: oneOf("color", values.color, colors),
    cache: !values["no-cache"],
  };
}

const options = {
  "task-definition": { type: "string", multiple: true, default: [] as string[] },
  platform: { type: "string", default: "linux/amd64" },
  config: { type: "string" },
  format: { type: "string", default: "text" },
  output: { type: "string" },
  runtime: { type: "string", multiple: true, default: [] as string[] },
  sniff: { type: "boolean", default: false },
  "insecure-registry": { type: "string", multiple: true, default: [] as string[] },
  explain: { type: "boolean", default: false },
  quiet: { type: "boolean", default: false },
  color: { type: "string", default: "auto" },
  "no-cache": { type: "boolean", default: false },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} satisfies ParseArgsConfig["options"];

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: withRuntimeLists(argv), allowPositionals: true, options });
  } catch (error) {
    throw misused(error instanceof Error ? error.message : String(error));
  }
}

/** Node's messages (`node:util`, `parseArgs`) in one line. */
function misused(words: string): UsageError {
  const [, stranger] = /^Unknown option '(-[^'=]*)/.exec(words) ?? [];
  if (stranger !== undefined)
    return unknown(
      "option",
      printable(stranger, 80),
      Object.keys(options).map((name) => `--${name}`),
    );
  const [, option] = /^Option '(?:-\w, )?(--[\w-]+)/.exec(words) ?? [];
  if (option === undefined) return new UsageError(words);
  return new UsageError(
    words.includes("does not take an argument")
      ? `\`${option}\` takes no value.`
      : `\`${option}\` needs a value.`,
  );
}

function oneOf<T extends string>(noun: string, word: string, known: readonly T[]): T {
  const found = known.find((name) => name === word);
  if (found === undefined) throw unknown(noun, printable(word, 80), known);
  return found;
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
  throw new UsageError(`\`${printableName(name, 80)}\` is not a valid host[:port].`);
}

function platformOf(text: string): Platform {
  try {
    return parsePlatform(text);
  } catch (error) {
    if (error instanceof InvalidPlatformError) throw new UsageError(error.message);
    throw error;
  }
}
