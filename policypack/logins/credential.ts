import { basicAuthorization } from "../common/text";
import type { CredentialSearch } from "../common/trace";

/** What logs in to a registry: a user's name and password, or an OAuth 2 refresh token (docker's `identitytoken`). */
export type Credential =
  { readonly username: string; readonly password: string } | { readonly identityToken: string };

/**
 * The credential for a repository, or undefined for none. The registry is named as the image names it.
 *
 * @param tell is called with the places that were searched, before the promise settles either way
 */
export type CredentialSource = (
  registry: string,
  repository: string,
  tell?: (search: CredentialSearch) => void,
) => Promise<Credential | undefined>;

/** Every text that would give the credential away. */
export function secretsOf(credential: Credential | undefined): readonly string[] {
  if (credential === undefined) return [];
  if ("identityToken" in credential) return [credential.identityToken];
  const { username, password } = credential;
  return [password, basicAuthorization(username, password).slice("Basic ".length)];
}

/** Why a login could not be read: one printable line for the person who reads it, free of secrets. */
export class CredentialError extends Error {
  override readonly name = "CredentialError";

  /** @param fix what to do about it, as a clause */
  constructor(
    message: string,
    readonly fix?: string,
  ) {
    super(message);
  }
}

/**
 * The search in one line: what was used, or why nothing was. What is wrong with a place is left out: the failure's message says it.
 *
 * @returns such as `the login file /home/me/.docker/config.json (its entry for ghcr.io)`
 */
export function searchInWords({ places }: CredentialSearch): string {
  const used = places.find(({ outcome }) => outcome === "used");
  if (used !== undefined) return `${used.place} (${used.reason})`;
  // Of several places that say the same, the first says it.
  const reasons = new Map<string, string[]>();
  for (const { place, outcome, reason } of places) {
    const words = outcome === "fault" ? "could not be used" : reason;
    reasons.set(words, [...(reasons.get(words) ?? []), place]);
  }
  const words = [...reasons].map(([reason, [first = "", ...others]]) =>
    [`${first} ${reason}`, ...others].join(", nor "),
  );
  return words.length === 0 ? "none found" : `none found: ${words.join("; ")}`;
}
