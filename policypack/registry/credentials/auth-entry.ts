import { isRecord } from "../../oci/text";
import type { Credential } from "./credential";
import { CredentialError } from "./credential-error";
import { stringField } from "./json-field";

/**
 * The credential in an entry of `auths`. One without content only marks that a helper has it.
 * Source: docker/cli `cli/config/types/authconfig.go`, and `decodeAuth` in `cli/config/configfile/file.go`.
 *
 * @param what the entry in words, the start of each message
 */
export function credentialOfEntry(entry: unknown, what: string): Credential | undefined {
  if (entry === null || entry === undefined) return undefined;
  if (!isRecord(entry)) throw new CredentialError(`${what} is not an object`);
  const identityToken = stringField(entry, "identitytoken", what);
  if (identityToken !== "") return { identityToken };
  const auth = stringField(entry, "auth", what);
  if (auth !== "") return decodeAuth(auth, what);
  return credentialOf(stringField(entry, "username", what), stringField(entry, "password", what));
}

/**
 * What a user name and a secret mean: `<token>` stands for an identity token (`native_store.go`), and one without the
 * other is no login (distribution's `fetchTokenWithBasicAuth`).
 */
export function credentialOf(username: string, secret: string): Credential | undefined {
  if (username === "" || secret === "") return undefined;
  return username === "<token>" ? { identityToken: secret } : { username, password: secret };
}

/** base64 of `user:password`; only the first colon separates. Go's decoder skips line ends and insists on padding. */
function decodeAuth(auth: string, what: string): Credential | undefined {
  const base64 = auth.replace(/[\r\n]/g, "");
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64))
    throw new CredentialError(`${what} has a wrong auth: base64 is expected`);
  const [, username, password] = /^([^:]+):(.*)$/s.exec(Buffer.from(base64, "base64").toString("utf8")) ?? [];
  if (username === undefined || password === undefined)
    throw new CredentialError(`${what} has a wrong auth: base64 of user:password is expected`);
  return credentialOf(username, trimNuls(password));
}

function trimNuls(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && text[start] === "\0") start++;
  while (start < end && text[end - 1] === "\0") end--;
  return text.slice(start, end);
}
