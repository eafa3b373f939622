/** Control, format (such as right-to-left marks), unpaired surrogate and line-separating characters: they can forge a report's lines. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Text of foreign origin as it may be shown in one line of a terminal: harmless, and at most `length` characters. */
export function printable(text: string, length = 300): string {
  return shortened(text, length).replace(unprintable, "\uFFFD");
}

function shortened(text: string, length: number): string {
  if (text.length <= length) return text;
  // Cut before splitting into characters: the text may be huge, and a character takes two UTF-16 units at most.
  const characters = Array.from(text.slice(0, 2 * length + 2));
  return characters.length > length ? `${characters.slice(0, length - 1).join("")}…` : text;
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

/** The candidate that someone probably meant to type, if one is near. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.max(2, best.candidate.length / 3)
    ? best.candidate
    : undefined;
}

/** Levenshtein distance, for words of at most 64 characters. */
function editDistance(a: string, b: string): number {
  if (a.length > 64 || b.length > 64) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution));
    }
    row = next;
  }
  return row[b.length] ?? Infinity;
}

/** Where people read about the pack: the README as npm shows it; each policy has a heading of its own there. */
export const homepage = "https://www.npmjs.com/package/pulumi-ecs-image-guard";

/** A URL; undefined if the text is not one. */
export function parseUrl(text: string, base?: URL): URL | undefined {
  return URL.canParse(text, base?.href) ? new URL(text, base) : undefined;
}
