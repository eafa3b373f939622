import { mapField, parseObject, stringField } from "./json-field";

/** The parts of docker's config.json, or of Podman's auth.json, that say who logs in. */
export interface LoginConfig {
  /** Where it was read, in words for messages. */
  readonly origin: string;
  /** Entries by key; each is looked at only when it is needed, so that a broken one harms its own registry only. */
  readonly auths: ReadonlyMap<string, unknown>;
  /** The names of helpers by key, likewise. */
  readonly credHelpers: ReadonlyMap<string, unknown>;
  /** The helper for every other registry; "" for none. */
  readonly credsStore: string;
  /** Why there is nothing to read, as a predicate for the origin. */
  readonly absence?: string;
}

/**
 * Reads the document. An empty one has no logins, as for docker.
 * Source: docker/cli `cli/config/configfile/file.go`, `LoadFromReader`.
 *
 * @throws CredentialError where it is no JSON object or a part has the wrong type
 */
export function parseLoginConfig(text: string, origin: string): LoginConfig {
  const document = text.trim() === "" ? {} : parseObject(text, origin);
  return {
    origin,
    auths: mapField(document, "auths", origin),
    credHelpers: mapField(document, "credHelpers", origin),
    credsStore: stringField(document, "credsStore", origin),
  };
}
