import { DockerfileError } from "./dockerfile-error";
import { splitWords } from "./shell-lexer";
import { type Instruction, instructionOf } from "./instruction";

const withHeredocs: ReadonlySet<string> = new Set(["ADD", "COPY", "RUN"]);

/** A text that is given in the lines after an instruction. */
interface Heredoc {
  readonly name: string;
  /** `<<-`: tabs before the closing line do not count. */
  readonly indented: boolean;
}

/**
 * The first line after an instruction's heredocs, as an index.
 *
 * @param text the whole instruction
 * @param at the first line after it
 * @throws {DockerfileError} where one is not closed
 */
export function skipHeredocs(
  text: string,
  instruction: Instruction,
  lines: readonly string[],
  at: number,
  escape: string,
): number {
  if (!text.includes("<<") || !canHaveHeredocs(instruction, escape)) return at;
  for (const { name, indented } of heredocsOf(text)) {
    for (;;) {
      const line = lines[at++];
      if (line === undefined)
        throw new DockerfileError(`a heredoc of its line ${instruction.line} is not closed`);
      const closing = withoutReturns(line);
      if ((indented ? closing.replace(/^\t+/, "") : closing) === name) break;
    }
  }
  return at;
}

/** Not where the arguments are a list of JSON; `ONBUILD` has what its own instruction has. */
function canHaveHeredocs({ keyword, rest, line }: Instruction, escape: string): boolean {
  if (keyword === "ONBUILD") {
    const inner = instructionOf(rest, line, escape);
    return inner.keyword !== "ONBUILD" && canHaveHeredocs(inner, escape);
  }
  return withHeredocs.has(keyword) && !isJsonList(rest);
}

function heredocsOf(text: string): Heredoc[] {
  return words(text, true).flatMap((word) => {
    const [, indent, rest = ""] = /^\d*<<(-?)\s*([^\s<][^<]*)$/.exec(word) ?? [];
    const [name, ...others] = rest === "" ? [] : words(rest, false);
    return name === undefined || others.length > 0 ? [] : [{ name, indented: indent === "-" }];
  });
}

/** A text that is no shell's has no heredocs either. */
function words(text: string, raw: boolean): string[] {
  try {
    return splitWords(text, { escape: "\\", rawQuotes: raw, rawEscapes: raw, keepUnset: true });
  } catch (error) {
    if (error instanceof DockerfileError) return [];
    throw error;
  }
}

function isJsonList(text: string): boolean {
  if (!text.startsWith("[")) return false;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((word) => typeof word === "string");
  } catch {
    return false;
  }
}

/** A line without the carriage returns at its end. */
export function withoutReturns(line: string): string {
  let end = line.length;
  while (line.charAt(end - 1) === "\r") end--;
  return line.slice(0, end);
}
