import { DockerfileError } from "./limits";

/** One piece of a pattern: a character, any one character, or any number of them. */
type Piece = { readonly literal: string } | "any" | "many";

/** Matching takes time in the product of pattern and value (squared, to replace); a name's parts are shorter by far. */
const maximumPattern = 128;
const maximumValue = 512;

/** `${x#pattern}` and `${x##pattern}` (`trimPrefix` in BuildKit's `shell/lex.go`). @throws {DockerfileError} */
export function trimPrefix(pattern: string, value: string, longest: boolean): string {
  const end = matchEnd(piecesOf(pattern), checked(value), 0, longest);
  return end === undefined ? value : value.slice(end);
}

/** `${x%pattern}` and `${x%%pattern}`. @throws {DockerfileError} */
export function trimSuffix(pattern: string, value: string, longest: boolean): string {
  const reversed = Array.from(checked(value)).reverse().join("");
  const end = matchEnd(piecesOf(pattern).reverse(), reversed, 0, longest);
  return end === undefined ? value : value.slice(0, value.length - end);
}

/** `${x/pattern/replacement}`, and `${x//pattern/replacement}` for all of its matches. @throws {DockerfileError} */
export function replacePattern(pattern: string, replacement: string, value: string, all: boolean): string {
  const pieces = piecesOf(pattern);
  let result = "";
  for (let at = 0; at <= checked(value).length;) {
    const end = matchEnd(pieces, value, at, true);
    if (end === undefined) {
      result += value.charAt(at++);
      continue;
    }
    result += replacement;
    if (!all) return result + value.slice(end);
    if (end === at) result += value.charAt(at++);
    else at = end;
    if (at === value.length && end === value.length) break;
  }
  return result;
}

function piecesOf(pattern: string): Piece[] {
  if (pattern.length > maximumPattern) throw new DockerfileError("it has a pattern that is too long");
  const pieces: Piece[] = [];
  for (let at = 0; at < pattern.length; at++) {
    let character = pattern.charAt(at);
    const next = pattern.charAt(at + 1);
    // The escape of what would end the pattern is not part of it.
    if (character === "\\" && (next === "}" || next === "/")) continue;
    if (character === "*") pieces.push("many");
    else if (character === "?") pieces.push("any");
    else {
      if (character === "\\") {
        if (!["*", "?", "\\"].includes(next) || next === "")
          throw new DockerfileError("it has an invalid escape in a pattern");
        character = next;
        at++;
      }
      pieces.push({ literal: character });
    }
  }
  return pieces;
}

/** Where a match that begins at `start` ends; undefined if there is none. */
function matchEnd(pieces: readonly Piece[], value: string, start: number, longest: boolean) {
  // The places of the pattern that can be reached with the characters read so far.
  let states = closure(new Set([0]), pieces);
  let found = states.has(pieces.length) ? start : undefined;
  for (let at = start; at < value.length && states.size > 0 && (longest || found === undefined); at++) {
    const reached = new Set<number>();
    for (const state of states) {
      const piece = pieces[state];
      if (piece === "many") reached.add(state);
      else if (piece === "any" || (piece !== undefined && piece.literal === value.charAt(at)))
        reached.add(state + 1);
    }
    states = closure(reached, pieces);
    if (states.has(pieces.length)) found = at + 1;
  }
  return found;
}

/** `*` may stand for nothing. */
function closure(states: Set<number>, pieces: readonly Piece[]): Set<number> {
  for (const state of states) if (pieces[state] === "many") states.add(state + 1);
  return states;
}

function checked(value: string): string {
  if (value.length > maximumValue)
    throw new DockerfileError("it applies a pattern to a value that is too long");
  return value;
}
