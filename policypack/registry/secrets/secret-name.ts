/** A secret of AWS Secrets Manager, as a container definition names it. */
export interface SecretName {
  /** What Secrets Manager is asked for: the ARN or the name. */
  readonly id: string;
  /** From an ARN. A name means a secret in the region and account of the task. */
  readonly region?: string;
  readonly account?: string;
}

const arn = /^arn:aws[a-z-]*:secretsmanager:([a-z]{2,5}(?:-[a-z0-9]+)+):(\d{12}):secret:[\w/+=.@:-]+$/;
/** Source: Secrets Manager API reference, CreateSecret, `Name`. */
const name = /^[\w/+=.@-]{1,512}$/;

/**
 * What `repositoryCredentials.credentialsParameter` names: ECS takes a secret's ARN, or its name where it lies in the
 * task's region and account (ECS developer guide, "Private registry authentication"). Undefined for anything else.
 */
export function parseSecretName(parameter: string): SecretName | undefined {
  const [id, region, account] = arn.exec(parameter) ?? [];
  if (id !== undefined && region !== undefined && account !== undefined) return { id, region, account };
  return name.test(parameter) ? { id: parameter } : undefined;
}
