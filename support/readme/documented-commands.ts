import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";

const checkout = resolve(__dirname, "../..");

/** A command that a document shows its reader. */
export interface DocumentedCommand {
  readonly file: string;
  readonly words: readonly string[];
}

/** The commands of a program in the `sh` blocks of all documents for users and in the run steps of the example workflow. */
export function documentedCommands(program: string): DocumentedCommand[] {
  return documents().flatMap((file) => {
    const text = readFileSync(join(checkout, file), "utf8");
    const scripts = file.endsWith(".md") ? blocks(text) : [text];
    return scripts
      .flatMap((script) => script.replace(/\\\n/g, " ").split("\n"))
      .map((line) => wordsOf(line, program))
      .filter((words) => words !== undefined)
      .map((words) => ({ file, words }));
  });
}

function documents(): string[] {
  const below = (folder: string) =>
    readdirSync(join(checkout, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(md|yaml)$/.test(entry.name))
      .map((entry) => relative(checkout, join(entry.parentPath, entry.name)));
  return ["README.md", "CONTRIBUTING.md", ...below("docs"), ...below("examples")];
}

function blocks(markdown: string): string[] {
  return [...markdown.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, script = ""]) => script);
}

/** The arguments up to a comment, a pipe or a redirection; undefined if the line runs something else. */
function wordsOf(line: string, program: string): string[] | undefined {
  const [, rest] = new RegExp(`^\\s*(?:run: |-\\s+run: )?(?:npx )?${program} (.*)$`).exec(line) ?? [];
  const [command = ""] = (rest ?? "").split(/ (?:#|\||<|>|&&) ?/);
  return rest === undefined ? undefined : command.trim().split(/\s+/);
}
