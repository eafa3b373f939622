import type { CaseReport, Table } from "./case";
import { number } from "./figure";

/** What a case measured, or why it could not. */
export type Measured = { readonly name: string; readonly title: string } & (
  { readonly report: CaseReport } | { readonly error: string }
);

/**
 * The results of one run as a document.
 *
 * @param picture the file with its chart, beside it
 */
export function document(
  date: string,
  about: readonly string[],
  measured: readonly Measured[],
  picture?: string,
): string {
  const blocks = [`# What the guard costs, ${date}`, about.join("\n")];
  if (picture !== undefined) blocks.push(`![The times below as bars](${picture})`);
  for (const one of measured) {
    blocks.push(`## ${one.title}`);
    if ("error" in one) {
      blocks.push(`Not measured: ${one.error}`);
      continue;
    }
    const { figures, remarks, tables = [] } = one.report;
    const rows = figures.map(({ what, bar, measured: got, beside, ratio, met }) => [
      what,
      bar,
      got,
      beside,
      ratio === undefined ? "" : number(ratio),
      met ? "yes" : "**no**",
    ]);
    blocks.push(table({ head: ["case", "bar", "measured", "beside", "ratio", "met"], rows }));
    blocks.push(...tables.map(table));
    if (remarks.length > 0) blocks.push(remarks.map((remark) => `- ${remark}`).join("\n"));
  }
  return `${blocks.join("\n\n")}\n`;
}

export function table({ head, rows }: Table): string {
  const widths = head.map((title, i) => Math.max(3, title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, i) => (cells[i] ?? "").padEnd(width)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
