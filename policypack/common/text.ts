/** Control, format (such as right-to-left marks), unpaired surrogate and line-separating characters: they can forge a report's lines. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Text of foreign origin as it may be shown in one line of a terminal: harmless, and at most `length` characters. */
export function printable(text: string, length = 300): string {
  // Cut before splitting into characters: the text may be huge, and a character takes two UTF-16 units at most.
  const characters = Array.from(text.slice(0, 2 * length + 2));
  const short = characters.length > length ? `${characters.slice(0, length - 1).join("")}…` : text;
  return short.replace(unprintable, "\uFFFD");
}

/** `1 image`, `3 images`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

/** Long, and of all three of capitals, small letters and digits. */
export function looksRandom(word: string): boolean {
  return word.length >= 20 && [/[A-Z]/, /[a-z]/, /[0-9]/].every((kind) => kind.test(word));
}

/** The `Authorization` value of a name and a password (RFC 7617). */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;
}
