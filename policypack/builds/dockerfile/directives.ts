import { DockerfileError } from "./dockerfile-error";

/** The parser directives, `# escape=` and others, at the top of a Dockerfile (`parser/directives.go`). */
export class Directives {
  readonly escape: string = "\\";
  readonly syntax: string | undefined;
  readonly #continuation: RegExp;

  /** @throws {DockerfileError} */
  constructor(lines: readonly string[]) {
    const found = directivesIn(lines);
    // A shebang hides all but the syntax, which is looked for by itself.
    const syntax = lines[0]?.startsWith("#!")
      ? directivesIn(lines.slice(1)).get("syntax")
      : found.get("syntax");
    this.syntax = syntax?.split(" ", 1)[0];
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
    const match = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(\S.*)$/.exec(line.trim());
    const name = match?.[1]?.toLowerCase() ?? "";
    if (!["syntax", "escape", "check"].includes(name)) break;
    if (found.has(name)) throw new DockerfileError(`it has more than one ${name} directive`);
    found.set(name, match?.[2] ?? "");
  }
  return found;
}
