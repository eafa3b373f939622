// cli/ is the command: this file runs it. `arguments.ts` reads the command line, `subjects.ts` the images to inspect, `inspect.ts` inspects
// them, `verdict.ts` judges them as the pack does, and each output format has a file.
import { writeFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { printable } from "../common/text";
import { type Arguments, parseArguments, UsageError, usage } from "./arguments";
import { policiesWith, readConfiguration } from "./configuration";
import { inputName, InputError, readInput, reasonOf } from "./input";
import { inspectAll } from "./inspect";
import { renderJson } from "./json";
import { renderMarkdown } from "./markdown";
import { renderSarif } from "./sarif";
import { startProgress } from "./progress";
import { readSubjects } from "./subjects";
import { summaryLine } from "./summary";
import { renderText } from "./text";
import { exitCode, type JudgedName } from "./verdict";

/** The process, or what a test puts in its place. */
export interface Terminal {
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of this package. */
  readonly version: string;
  /** Called with the exit status as soon as it is certain, while connections are still open. */
  readonly onExitCode: (code: number) => void;
}

interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** `ecs-image-guard` with its arguments. Gives the exit status, and never rejects. */
export async function runCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const parsed = parseArguments(argv);
    switch (parsed.command) {
      case "help":
        terminal.stdout.write(usage);
        return 0;
      case "version":
        terminal.stdout.write(`${terminal.version}\n`);
        return 0;
      case "inspect":
        return await inspect(parsed, terminal);
    }
  } catch (error) {
    const words = printable(error instanceof Error ? error.message : String(error), 2000);
    terminal.stderr.write(`ecs-image-guard: ${words}\n`);
    if (error instanceof UsageError) terminal.stderr.write("Run `ecs-image-guard --help` for usage.\n");
    return 3;
  }
}

async function inspect(args: Arguments, terminal: Terminal): Promise<number> {
  const startedMs = performance.now();
  const { config } = args;
  const settings = {
    insecureRegistries: args.insecureRegistries,
    ...(args.sniffLayers && { sniffLayers: true }),
  };
  const policies =
    config === undefined
      ? policiesWith(settings)
      : readConfiguration(await readInput(config, terminal.stdin), inputName(config), settings);
  const subjects = await readSubjects(args, terminal.stdin);
  let results: readonly JudgedName[] = [];
  const progress = await startProgress(subjects.images.length, args, terminal);
  await inspectAll(subjects, {
    ...args,
    policies,
    // What the cache answers would be missing among the steps.
    cache: args.cache && !args.explain,
    // Without a configuration, a long list may take as long as it needs.
    budgetSeconds: config === undefined ? undefined : policies[0]?.settings.timeBudgetSeconds,
    onDecided: () => {
      progress.advance();
    },
    onJudged: (judged) => {
      results = judged;
      terminal.onExitCode(exitCode(judged));
    },
  }).finally(() => {
    progress.end();
  });
  await print(results, args, terminal, summaryLine(results, performance.now() - startedMs));
  return exitCode(results);
}

/** The summary ends a report in text; other formats are for programs, so it goes to standard error. */
async function print(
  results: readonly JudgedName[],
  args: Arguments,
  terminal: Terminal,
  summary: string,
): Promise<void> {
  const { format, output, quiet } = args;
  const inReport = format === "text" && output === undefined;
  const report = render(results, args, terminal);
  if (output === undefined) terminal.stdout.write(inReport && !quiet ? `${report}${summary}\n` : report);
  else
    await writeFile(output, report).catch((error: unknown) => {
      throw new InputError(`Cannot write ${inputName(output)}: ${reasonOf(error)}.`);
    });
  if (!inReport && !quiet) terminal.stderr.write(`${summary}\n`);
}

function render(results: readonly JudgedName[], args: Arguments, terminal: Terminal): string {
  switch (args.format) {
    case "text":
      return renderText(results, { color: useColor(args, terminal), quiet: args.quiet });
    case "json":
      return renderJson(results);
    case "sarif":
      return renderSarif(results, terminal.version);
    case "markdown":
      return renderMarkdown(results, args);
  }
}

/** As Node and most tools decide it: `--color`, then FORCE_COLOR (`0` and `false` for none), then NO_COLOR, then the terminal. */
export function useColor(
  { color, output }: Pick<Arguments, "color" | "output">,
  { env, stdout }: Pick<Terminal, "env" | "stdout">,
): boolean {
  if (color !== "auto") return color === "always";
  if (output !== undefined) return false;
  const { FORCE_COLOR: forced, NO_COLOR: refused = "", TERM: terminal } = env;
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return refused === "" && terminal !== "dumb" && stdout.isTTY === true;
}
