/**
 * Whether a text fits a pattern of AWS IAM: `*` stands for any characters, `?` for one. Linear save for backtracking to the last `*`; IAM's
 * patterns are short.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  let at = 0;
  let position = 0;
  let star = -1;
  let resume = 0;
  while (position < text.length) {
    const piece = pattern[at];
    if (piece === "*") {
      star = at++;
      resume = position;
    } else if (piece !== undefined && (piece === "?" || piece === text[position])) {
      at++;
      position++;
    } else if (star >= 0) {
      at = star + 1;
      position = ++resume;
    } else return false;
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}
