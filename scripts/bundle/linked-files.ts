import { dirname, join } from "node:path";

/**
 * The files that documents link to, and those that these link to, and so on.
 *
 * @param start relative to the checkout, as all of the result
 * @param read the text of a file
 */
export function documentsFrom(start: string, read: (file: string) => string): string[] {
  const found = new Set<string>([start]);
  for (const file of found)
    if (file.endsWith(".md"))
      for (const link of linkedFiles(read(file))) found.add(join(dirname(file), link));
  return [...found].sort();
}

/** The files that a Markdown document links to, relative to its folder, each once: neither addresses nor anchors. */
export function linkedFiles(markdown: string): string[] {
  const prose = markdown.replace(/^(```+)[^]*?^\1$/gm, "");
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link.replace(/#.*$/, ""));
  return [...new Set(links)].filter((link) => link !== "" && !/^[a-z]+:/.test(link)).sort();
}
