import type { Credential } from "../credentials/credential";
import { CredentialError } from "../credentials/credential-error";
import { parseObject, stringField } from "../credentials/json-field";

/**
 * The login that a secret holds, `{"username": "…", "password": "…"}`, as the ECS agent reads it (amazon-ecs-agent
 * `agent/asm/asm.go`). Throws a CredentialError that shows nothing of the secret.
 *
 * @param what the secret in words, the start of each message
 */
export function credentialOfSecret(value: string | undefined, what: string): Credential {
  if (value === undefined) throw new CredentialError(`${what} holds bytes, not text`);
  const document = parseObject(value, what);
  const username = stringField(document, "username", what);
  const password = stringField(document, "password", what);
  if (username === "" || password === "")
    throw new CredentialError(`${what} has no ${username === "" ? "username" : "password"}`);
  return { username, password };
}
