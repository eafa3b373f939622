import type { CredentialSearch } from "./search";

/** What logs in to a registry: a user's name and password, or an OAuth 2 refresh token (docker's `identitytoken`). */
export type Credential =
  { readonly username: string; readonly password: string } | { readonly identityToken: string };

/**
 * The credential for a repository, or undefined for none. The registry is named as the image names it.
 *
 * @param tell hears where was looked, before the promise settles either way
 */
export type CredentialSource = (
  registry: string,
  repository: string,
  tell?: (search: CredentialSearch) => void,
) => Promise<Credential | undefined>;

/** The `Authorization` value of a name and a password (RFC 7617). */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;
}

/** Every text that would give the credential away. */
export function secretsOf(credential: Credential | undefined): readonly string[] {
  if (credential === undefined) return [];
  if ("identityToken" in credential) return [credential.identityToken];
  const { username, password } = credential;
  return [password, basicAuthorization(username, password).slice("Basic ".length)];
}
