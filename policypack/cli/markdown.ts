import { printable } from "../common/text";
import { formatPlatform } from "../oci/platform";
import { explainedBy } from "./causes";
import { countsInWords } from "./summary";
import { isBad, layersInWords, subjectOf } from "./text";
import { type JudgedName, shownFindings, type Verdict } from "./verdict";

const signs: Readonly<Record<Verdict, string>> = {
  ok: "✅",
  warning: "⚠️",
  exempt: "➖",
  unverified: "❔",
  blocked: "❌",
};

/** For the job summary of a CI system (GitHub-flavored Markdown): a table of the images, then each message once. */
export function renderMarkdown(
  results: readonly JudgedName[],
  { quiet }: { readonly quiet: boolean },
): string {
  const shown = results.filter((result) => !quiet || isBad(result));
  const table = shown.map(
    (result) => `| ${signs[result.verdict]} ${result.verdict} | ${imageCell(result)} | ${noteOf(result)} |`,
  );
  const heading = `### ECS image guard: ${countsInWords(results)}`;
  return [
    heading,
    ...section(["| verdict | image | |", "| --- | --- | --- |"], table),
    ...messagesOf(shown),
    "",
  ].join("\n");
}

function section(head: readonly string[], lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", ...head, ...lines];
}

function imageCell(result: JudgedName): string {
  return code(subjectOf(result));
}

/** What is in a good image, and who runs another one. */
function noteOf({ verdict, inspection, platform, users }: JudgedName): string {
  if (verdict === "ok" && inspection?.ok) return layersInWords(inspection.value);
  const containers = users.map(({ workload, use }) => code(`${workload.name}/${use.container}`));
  return [...(platform === null ? [] : [formatPlatform(platform)]), ...containers].map(escaped).join(", ");
}

/** Each cause once: the message of the first image that has it, under the names of all that share it. */
function messagesOf(results: readonly JudgedName[]): string[] {
  const explained = explainedBy(results);
  return results.flatMap((result) => {
    if (explained.has(result)) return [];
    const sharing = results.filter((other) => explained.get(other) === result);
    const names = [result, ...sharing].map(imageCell).join(", ");
    return shownFindings(result).flatMap(({ policy, message }) => [
      "",
      `#### ${signs[result.verdict]} ${policy}: ${names}`,
      "",
      ...fenced(message),
    ]);
  });
}

/** A fence that the text cannot close. */
function fenced(text: string): string[] {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return [`${fence}text`, text, fence];
}

/** A code span that the text can neither close nor split into two cells. */
function code(text: string): string {
  const shown = printable(text, 500);
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const mark = "`".repeat(longest + 1);
  const padded = longest > 0 ? ` ${shown} ` : shown;
  return `${mark}${escaped(padded)}${mark}`;
}

/** In a table, a bar separates cells even inside a code span (GitHub-flavored Markdown, "Tables"). */
function escaped(text: string): string {
  return text.replace(/(?<!\\)\|/g, "\\|");
}
