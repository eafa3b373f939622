// The command, outside Pulumi: the process around `cli/command.ts`.
import { readFileSync } from "node:fs";
import { runCommand } from "./cli/command";

function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(`${__dirname}/../package.json`, "utf8"));
  return String((manifest as { version: unknown }).version);
}

// Whoever reads may have seen enough (`… | head`); what the exit status says stands.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const { stdin, stdout, stderr, env } = process;
// Node ends as soon as nothing is left to wait for, with or without closed connections: the exit status is set before that.
const onExitCode = (code: number) => {
  process.exitCode = code;
};

// Until there is a verdict, an end that nobody foresaw must not pass for one.
onExitCode(3);
void runCommand(process.argv.slice(2), {
  stdin,
  stdout,
  stderr,
  env,
  version: packageVersion(),
  onExitCode,
}).then(onExitCode);
