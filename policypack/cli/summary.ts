import { count } from "../common/text";
import type { JudgedName, Verdict } from "./verdict";

const words: readonly (readonly [Verdict, string])[] = [
  ["ok", "ok"],
  ["warning", "with warnings"],
  ["exempt", "exempt"],
  ["blocked", "blocked"],
  ["unverified", "unverified"],
];

/** `200 images: 180 ok, 15 blocked, 5 unverified`. */
export function countsInWords(results: readonly Pick<JudgedName, "verdict">[]): string {
  const counts = words.flatMap(([verdict, word]) => {
    const n = results.filter((result) => result.verdict === verdict).length;
    return n === 0 ? [] : [`${n} ${word}`];
  });
  return `${count(results.length, "image")}: ${counts.join(", ")}`;
}

/** The counts, and how long the run took. */
export function summaryLine(results: readonly Pick<JudgedName, "verdict">[], ms: number): string {
  return `${countsInWords(results)}, ${(ms / 1000).toFixed(1)} s`;
}
