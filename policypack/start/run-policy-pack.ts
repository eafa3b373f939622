import { isAbsolute, join } from "node:path";
import { inspect, parseArgs } from "node:util";

/**
 * The published pack's `@pulumi/pulumi/cmd/run-policy-pack`: Pulumi's language host runs it with the engine's address and the
 * pack's folder. It does what the SDK's own does for a pack (`@pulumi/pulumi`, `cmd/run-policy-pack/{index,run}.ts`): the same
 * words on standard error and the same exit status. What only TypeScript sources need is left out.
 */
const usage = "usage: RUN <engine-address> <program>";

/** The exit status by which the host knows that the error has been printed already. */
const toldStatus = 32;

const uncaught = new Set<unknown>();
const told = new Set<unknown>();
let running = false;

// Before anything can fail: an error that nobody catches must never end in status 0, which the engine takes for success.
function noteUncaught(error: unknown): void {
  uncaught.add(error);
  if (!running) console.error(textOf(error));
}
process.on("uncaughtException", noteUncaught);
process.on("unhandledRejection", noteUncaught);
process.on("exit", (code) => {
  if (code === 0 && uncaught.size > 0)
    process.exitCode = [...uncaught].every((error) => told.has(error)) ? toldStatus : 1;
});

function main(args: readonly string[]): void {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { pwd: { type: "string" } },
    strict: false,
    allowPositionals: true,
  });
  const [, folder, ...rest] = positionals;
  if (folder === undefined) {
    console.error(usage);
    process.exit(-1);
  }
  if (typeof values["pwd"] === "string") process.chdir(values["pwd"]);
  const program = isAbsolute(folder) ? folder : join(process.cwd(), folder);
  process.argv = [...process.argv.slice(0, 2), ...rest];
  const tell = (error: unknown) => {
    // Every promise of a chain rejects with the same error.
    if (told.has(error)) return;
    told.add(error);
    console.error(`error: [runtime] ${inWords(error, program)}`);
  };
  process.on("uncaughtException", tell);
  process.on("unhandledRejection", tell);
  running = true;
  void load(program).then(() => {
    running = false;
  });
}

async function load(program: string): Promise<void> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the folder's package.json names the file
  const loaded: unknown = require(program);
  await (typeof loaded === "function" ? Reflect.apply(loaded, undefined, []) : loaded);
}

function inWords(error: unknown, program: string): string {
  // A RunError of any copy of the SDK has no stack trace for people.
  if (error instanceof Error && Reflect.get(error, "__pulumiRunError") === true) return error.message;
  const failed = `Running program '${program}' failed with an unhandled exception:\n`;
  if (error instanceof Error && error.name === SyntaxError.name) {
    // The stack begins with the place in the file; what follows the message are frames of the loader.
    const [place, ...frames] = (error.stack ?? "").split(error.message);
    return failed + (frames.length === 1 ? `${place ?? ""}${error.message}` : error.message);
  }
  return `${failed}    ${defaultMessage(error)}`;
}

function defaultMessage(error: unknown): string {
  if (!(error instanceof Error)) return textOf(error);
  try {
    return inspect(error, { colors: true });
  } catch {
    // Errors with huge attachments cannot be inspected (pulumi 20567, 21326).
    return textOf(error);
  }
}

/** Anything can be thrown. */
function textOf(error: unknown): string {
  if (error instanceof Error) return error.stack ?? error.message;
  try {
    return String(error);
  } catch {
    return inspect(error);
  }
}

main(process.argv.slice(2));
