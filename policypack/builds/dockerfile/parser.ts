import { DockerfileError } from "./limits";
import { splitWords } from "./shell-lexer";

export interface ParsedDockerfile {
  readonly instructions: readonly Instruction[];
  /** The escape character. */
  readonly escape: string;
  /** The frontend that `# syntax=` names. */
  readonly syntax?: string;
}

/**
 * The instructions of a Dockerfile, as BuildKit's frontend reads them (`frontend/dockerfile/parser/parser.go`): parser directives,
 * comments, continued lines and heredocs.
 *
 * @throws {DockerfileError}
 */
export function parseInstructions(text: string): ParsedDockerfile {
  // A byte order mark is not part of the text.
  const lines = text.replace(/^\uFEFF/, "").split("\n");
  const directives = new Directives(lines);
  const instructions: Instruction[] = [];
  for (let at = 0; at < lines.length;) {
    const line = at + 1;
    const first = directives.isComment(lines[at] ?? "") ? "" : withoutReturns(lines[at] ?? "").trimStart();
    at++;
    let [joined, continues] = directives.cutContinuation(first);
    if (!continues && joined === "") continue;
    const pieces = [joined];
    while (continues && at < lines.length) {
      const next = withoutReturns(lines[at++] ?? "");
      if (directives.isComment(next) || next.trim() === "") continue;
      [joined, continues] = directives.cutContinuation(next);
      pieces.push(joined);
    }
    const whole = pieces.join("");
    if (whole.trim() === "") continue;
    const instruction = instructionOf(whole, line, directives.escape);
    at = skipHeredocs(whole, instruction, lines, at, directives.escape);
    instructions.push(instruction);
  }
  const { escape, syntax } = directives;
  return { instructions, escape, ...(syntax === undefined ? {} : { syntax }) };
}

/** The parser directives, `# escape=` and others, at the top of a Dockerfile (`parser/directives.go`). */
class Directives {
  readonly escape: string = "\\";
  readonly syntax: string | undefined;
  readonly #continuation: RegExp;

  /** @throws {DockerfileError} */
  constructor(lines: readonly string[]) {
    // BuildKit looks for the syntax first, after a shebang too, and only then trims the lines for the other directives.
    const syntax = directivesIn(lines[0]?.startsWith("#!") ? lines.slice(1) : lines).get("syntax");
    this.syntax = syntax?.split(" ", 1)[0];
    const found = directivesIn(lines.map((line) => line.trimStart()));
    const escape = found.get("escape");
    if (escape !== undefined) {
      if (escape !== "`" && escape !== "\\")
        throw new DockerfileError("its escape directive is neither \\ nor `");
      this.escape = escape;
    }
    this.#continuation = this.escape === "\\" ? /(?:^|[^\\])\\[ \t]*$/ : /(?:^|[^`])`[ \t]*$/;
  }

  isComment(line: string): boolean {
    return line.trimStart().startsWith("#");
  }

  /** The line without an escape character at its end, and whether the next line continues it. */
  cutContinuation(line: string): [line: string, continues: boolean] {
    if (!this.#continuation.test(line)) return [line, false];
    return [line.slice(0, line.lastIndexOf(this.escape)), true];
  }
}

/** They stand before all else, comments included, and each but once. */
function directivesIn(lines: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of lines) {
    const match = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(\S.*)$/.exec(line.trimEnd());
    const name = match?.[1]?.toLowerCase() ?? "";
    if (!["syntax", "escape", "check"].includes(name)) break;
    if (found.has(name)) throw new DockerfileError(`it has more than one ${name} directive`);
    found.set(name, match?.[2] ?? "");
  }
  return found;
}

/** One instruction of a Dockerfile. */
export interface Instruction {
  /** In upper case. */
  readonly keyword: string;
  /** The leading `--name=value`, unquoted. */
  readonly flags: readonly string[];
  /** All that follows the flags, with the lines of a continued instruction joined. */
  readonly rest: string;
  /** Where it begins, from 1. */
  readonly line: number;
}

const keywords: ReadonlySet<string> = new Set(
  "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR".split(
    " ",
  ),
);

/** Reads one instruction of a line. `ONBUILD` has another one for its rest. @throws {DockerfileError} */
export function instructionOf(text: string, line: number, escape: string): Instruction {
  const [, word = "", args = ""] = /^([^\t\v\f\r ]*)[\t\v\f\r ]*([^]*)$/.exec(text.trim()) ?? [];
  const keyword = word.toUpperCase();
  if (!keywords.has(keyword)) throw new DockerfileError(`its line ${line} holds no instruction`);
  const { flags, rest } = splitFlags(args, escape);
  return { keyword, flags, rest, line };
}

/** `extractBuilderFlags`: words that begin with `--`, up to the first that does not or is `--` alone. */
function splitFlags(args: string, escape: string): { flags: string[]; rest: string } {
  const flags: string[] = [];
  for (let at = 0; ;) {
    while (/\s/.test(args.charAt(at))) at++;
    if (!args.startsWith("--", at)) return { flags, rest: args.slice(at).trim() };
    let flag = "";
    let quote = "";
    for (; at < args.length && (quote !== "" || !/\s/.test(args.charAt(at))); at++) {
      const character = args.charAt(at);
      if (character === quote) quote = "";
      else if (quote === "" && (character === "'" || character === '"')) quote = character;
      else if (character !== escape) flag += character;
      else flag += args.charAt(++at);
    }
    if (flag === "--") return { flags, rest: args.slice(at).trim() };
    flags.push(flag);
  }
}

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
 * @throws {DockerfileError} if one is not closed
 */
function skipHeredocs(
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

/** A text that is not a shell's has no heredocs either. */
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
function withoutReturns(line: string): string {
  let end = line.length;
  while (line.charAt(end - 1) === "\r") end--;
  return line.slice(0, end);
}
