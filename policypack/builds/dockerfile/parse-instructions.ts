import { Directives } from "./directives";
import { skipHeredocs, withoutReturns } from "./heredocs";
import { type Instruction, instructionOf } from "./instruction";

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
  // A byte order mark is no part of the text.
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
