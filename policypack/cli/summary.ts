import { count } from "../common/text";
import { explainedBy } from "./causes";
import type { JudgedName, Verdict } from "./verdict";

const words: readonly (readonly [Verdict, string])[] = [
  ["ok", "ok"],
  ["warning", "with warnings"],
  ["exempt", "exempt"],
  ["blocked", "blocked"],
  ["unverified", "unverified"],
];

/** `200 images: 180 ok, 15 blocked (2 causes), 5 unverified`. */
export function countsInWords(results: readonly JudgedName[]): string {
  const explained = explainedBy(results);
  const counts = words.flatMap(([verdict, word]) => {
    const found = results.filter((result) => result.verdict === verdict);
    const causes = found.filter((result) => !explained.has(result)).length;
    const shared = causes === found.length ? "" : ` (${count(causes, "cause")})`;
    return found.length === 0 ? [] : [`${found.length} ${word}${shared}`];
  });
  return `${count(results.length, "image")}: ${counts.join(", ")}`;
}

/** The counts, and how long the run took. */
export function summaryLine(results: readonly JudgedName[], ms: number): string {
  return `${countsInWords(results)}, ${(ms / 1000).toFixed(1)} s`;
}
