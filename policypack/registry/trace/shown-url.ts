import { printable } from "../../oci/text";

/** Parameters of token services and mirrors that say what is asked for, and nothing of who asks. */
const harmlessParameters: ReadonlySet<string> = new Set(["service", "scope", "ns"]);
const digest = /^[a-z0-9]+:[0-9a-f]{32,128}$/;

/**
 * A URL's path and query as they may be shown. By allow-list: the values of a few parameters, and parts of the path that
 * look like names or digests. A presigned URL keeps its host, the place of its object and its parameters' names.
 */
export function shownPath(url: URL): string {
  const path = url.pathname.split("/").map(shownPart).join("/");
  const query = [...url.searchParams].map(([name, value]) => {
    const shown = harmlessParameters.has(name) ? printable(value, 200) : "…";
    return `${isName(name) ? printable(name, 40) : "…"}=${shown}`;
  });
  const parameters = query.length > 16 ? [...query.slice(0, 16), "…"] : query;
  return printable(path, 400) + (parameters.length === 0 ? "" : `?${parameters.join("&")}`);
}

function shownPart(part: string): string {
  const plain = part.replace(/%3a/i, ":");
  if (digest.test(plain)) return plain;
  return part.length <= 128 && isName(part) ? part : "…";
}

/** Whether a text is made of words as people write them in repositories and tags, and of nothing that looks like a key. */
function isName(text: string): boolean {
  if (!/^[\w.~:@-]*$/.test(text)) return false;
  return text.split(/[^A-Za-z0-9]+/).every((word) => word.length <= 40 && !looksRandom(word));
}

/** Long, and of all three of capitals, small letters and digits. */
function looksRandom(word: string): boolean {
  return word.length >= 20 && [/[A-Z]/, /[a-z]/, /[0-9]/].every((kind) => kind.test(word));
}
