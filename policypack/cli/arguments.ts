import { parseArgs } from "node:util";
import { InvalidPlatformError, parsePlatform, type Platform } from "../oci/platform";

export const usage = `Usage: ecs-image-guard inspect IMAGE... [options]

Reads each image's manifest in its registry and says whether its layers mix gzip
and zstd. IMAGE is a name as in a container definition; - reads names from
standard input.

Options:
  --platform OS/ARCH[/VARIANT]  the platform of the task (default: linux/amd64)
  --format text|json            how to print (default: text)
  --insecure-registry HOST      may be asked over plain http (may be repeated)
  --no-cache                    keeps nothing on disk, and reads nothing kept
  -h, --help                    this text
  --version                     the version

Exit status: 0 all fine, 1 an image would be blocked, 2 an image could not be
checked (and none is blocked), 3 wrong usage.
`;

export interface Arguments {
  readonly command: "inspect";
  readonly images: readonly string[];
  readonly platform: Platform;
  readonly format: "text" | "json";
  readonly insecureRegistries: readonly string[];
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
  if (command !== "inspect") throw new UsageError(`Unknown command \`${command}\`; there is \`inspect\`.`);
  if (images.length === 0) throw new UsageError("Name at least one image.");
  const { format } = values;
  if (format !== "text" && format !== "json")
    throw new UsageError(`Unknown format \`${format}\`: text or json.`);
  return {
    command,
    images,
    platform: platformOf(values.platform),
    format,
    insecureRegistries: values["insecure-registry"],
    cache: !values["no-cache"],
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        platform: { type: "string", default: "linux/amd64" },
        format: { type: "string", default: "text" },
        "insecure-registry": { type: "string", multiple: true, default: [] },
        "no-cache": { type: "boolean", default: false },
        help: { type: "boolean", short: "h" },
        version: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function platformOf(text: string): Platform {
  try {
    return parsePlatform(text);
  } catch (error) {
    if (error instanceof InvalidPlatformError) throw new UsageError(error.message);
    throw error;
  }
}
