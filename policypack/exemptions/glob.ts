/**
 * Whether a name is one of those that a pattern means: `*` stands for any characters but `/`, `**` (or more) for any at all,
 * everything else for itself. Not by a regular expression: some patterns of a few `**` would keep one busy for years. This takes
 * time in the product of the two lengths at most.
 */
export function matchesGlob(pattern: string, name: string): boolean {
  const pieces = pattern
    .split(/(\*+)/)
    .flatMap((part) => (part.startsWith("*") ? [part.slice(0, 2)] : part.split("")));
  // The places of the pattern that can be reached with the characters read so far, in rising order.
  let states = reached([0], pieces);
  for (let at = 0; at < name.length && states.length > 0; at++) {
    const character = name.charAt(at);
    const next: number[] = [];
    for (const state of states) {
      const piece = pieces[state];
      if (piece === "**" || (piece === "*" && character !== "/")) next.push(state);
      else if (piece === character) next.push(state + 1);
    }
    states = reached(next, pieces);
  }
  return states.at(-1) === pieces.length;
}

/** A wildcard may stand for nothing. Two never stand side by side. */
function reached(states: readonly number[], pieces: readonly string[]): number[] {
  const all: number[] = [];
  for (const state of states) {
    for (const one of isWildcard(pieces[state]) ? [state, state + 1] : [state])
      if (one > (all.at(-1) ?? -1)) all.push(one);
  }
  return all;
}

function isWildcard(piece: string | undefined): boolean {
  return piece === "*" || piece === "**";
}
