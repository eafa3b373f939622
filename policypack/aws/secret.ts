import { type Credential, CredentialError } from "../logins/credential";
import { parseObject, stringField } from "../logins/docker-config";

/** A secret of AWS Secrets Manager, as a container definition names it. */
export interface SecretName {
  /** What Secrets Manager gets: the ARN or the name. */
  readonly id: string;
  /** From an ARN. A name means a secret in the region and account of the task. */
  readonly region?: string;
  readonly account?: string;
}

/**
 * What `repositoryCredentials.credentialsParameter` names: ECS takes a secret's ARN, or its name if it is in the
 * task's region and account (ECS developer guide, "Private registry authentication"). Undefined for anything else.
 */
export function parseSecretName(parameter: string): SecretName | undefined {
  const [id, region, account] = arn.exec(parameter) ?? [];
  if (id !== undefined && region !== undefined && account !== undefined) return { id, region, account };
  return name.test(parameter) ? { id: parameter } : undefined;
}

/**
 * The login that a secret holds, `{"username": "…", "password": "…"}`, as the ECS agent reads it (amazon-ecs-agent
 * `agent/asm/asm.go`). Throws a CredentialError, a clause that shows nothing of the secret.
 */
export function credentialOfSecret(value: string | undefined): Credential {
  if (value === undefined) throw new CredentialError("holds bytes, not text");
  const document = parseObject(value, "");
  const username = stringField(document, "username", "");
  const password = stringField(document, "password", "");
  if (username === "" || password === "")
    throw new CredentialError(`has no ${username === "" ? "username" : "password"}`);
  return { username, password };
}

const arn = /^arn:aws[a-z-]*:secretsmanager:([a-z]{2,5}(?:-[a-z0-9]+)+):(\d{12}):secret:[\w/+=.@:-]+$/;
/** Source: Secrets Manager API reference, CreateSecret, `Name`. */
const name = /^[\w/+=.@-]{1,512}$/;
