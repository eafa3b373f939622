/** The files that a Markdown document links to, relative to its folder, each once: neither addresses nor anchors. */
export function linkedFiles(markdown: string): string[] {
  const prose = markdown.replace(/^(```+)[^]*?^\1$/gm, "");
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link.replace(/#.*$/, ""));
  return [...new Set(links)].filter((link) => link !== "" && !/^[a-z]+:/.test(link)).sort();
}
