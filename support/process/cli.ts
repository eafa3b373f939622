import { Readable } from "node:stream";
import { runCommand } from "../../policypack/cli/command";

/** What a run of the command gave. */
export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CliOptions {
  /** What stands on standard input. */
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether standard output and standard error are terminals. Default: no. */
  readonly isTTY?: boolean;
}

/** Runs the command in this process, with streams of its own. */
export async function runCli(
  args: readonly string[],
  { input = "", env = {}, isTTY = false }: CliOptions = {},
): Promise<CliResult> {
  const out: string[] = [];
  const err: string[] = [];
  const stream = (chunks: string[]) => ({ isTTY, write: (text: string) => chunks.push(text) > 0 });
  const code = await runCommand(args, {
    stdin: Readable.from([Buffer.from(input)]),
    stdout: stream(out),
    stderr: stream(err),
    env,
    version: "1.2.3",
    onExitCode: () => undefined,
  });
  return { code, out: out.join(""), err: err.join("") };
}
