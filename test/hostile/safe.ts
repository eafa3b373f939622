import assert from "node:assert/strict";

/** Characters with which foreign text could forge a report or steer a terminal: C0, C1, bidi and other format characters, lone surrogates. */
const forging = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Text of one line that may be printed as it is. */
export function assertLine(text: string): void {
  assert.doesNotMatch(text, forging);
}

/** Text of several lines that may be printed as it is. */
export function assertLines(text: string): void {
  assert.doesNotMatch(text.replaceAll("\n", ""), forging);
}

/** A failure's words: one line, of a length that a person reads. */
export function assertWords(text: string): void {
  assertLine(text);
  assert.ok(text.length > 0 && text.length < 2000, `${text.length} characters`);
}
