/** JSON for machines that terminals show as well: control, format and line-separating characters stand in it as escapes only. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replace(unprintable, escaped) + "\n";
}

/** JSON.stringify escapes those below U+0020 and unpaired surrogates itself; a line feed is its own. */
const unprintable = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/gu;

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
  ).join("");
}
