/** One place where a credential may be, and what became of it. */
export interface SearchedPlace {
  /** In words: `DOCKER_AUTH_CONFIG`, a file's path, an AWS identity. */
  readonly place: string;
  readonly outcome: "used" | "none" | "fault" | "not-asked";
  /** A predicate for the place as subject, free of secrets: `has no login for ghcr.io`. */
  readonly reason: string;
}

/** The search for a credential, place by place in the order of looking. */
export interface CredentialSearch {
  readonly places: readonly SearchedPlace[];
}

/**
 * The search in one line: what was used, or why nothing was.
 *
 * @returns such as `the login file /home/me/.docker/config.json (its entry for ghcr.io)`
 */
export function searchInWords({ places }: CredentialSearch): string {
  const used = places.find(({ outcome }) => outcome === "used");
  if (used !== undefined) return `${used.place} (${used.reason})`;
  // Of several places that say the same, the first says it.
  const reasons = new Map<string, string[]>();
  for (const { place, reason } of places) reasons.set(reason, [...(reasons.get(reason) ?? []), place]);
  const words = [...reasons].map(([reason, [first = "", ...others]]) =>
    [`${first} ${reason}`, ...others].join(", nor "),
  );
  return words.length === 0 ? "none found" : `none found: ${words.join("; ")}`;
}
