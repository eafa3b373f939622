import { type AwsIdentities, identityForAccount, identityForRegistry } from "../aws/configured-identities";
import { parseEcrHost } from "../aws/ecr-hosts";
import { type AwsIdentity, defaultIdentity } from "../aws/identity";
import type { RegistrySecret } from "../aws/secret-login";
import { parseSecretName } from "../aws/secret";

/** Who would read an image, as the resource that runs it says. */
export interface ReaderIdentity {
  /** Of the resource's own Pulumi provider. Default: the AWS SDK's default credential chain. */
  readonly identity?: AwsIdentity;
  /** `repositoryCredentials.credentialsParameter` of the container: the ARN or the name of a Secrets Manager secret. */
  readonly credentialsParameter?: string;
  /** Where the resource is deployed, which is the region of a secret that is given by name. */
  readonly region?: string;
  /** In which account the resource is deployed, if its inputs name it. */
  readonly account?: string;
}

/** Who reads the images of one registry. */
export interface ResolvedIdentity {
  /** Equal for those who would read the same with the same credentials; holds no secret. */
  readonly key: string;
  /** Reads private ECR. */
  readonly identity: AwsIdentity;
  /** Logs in to any other registry. */
  readonly secret?: RegistrySecret;
}

/**
 * Chooses the reader of a registry's images: for private ECR, and for a secret, the identity configured for that registry or account,
 * else the one of the resource's provider, else the default chain. ECS reads private ECR with no secret, whatever the container says.
 */
export function resolveIdentity(
  registry: string,
  reader: ReaderIdentity,
  identities: AwsIdentities = {},
): ResolvedIdentity {
  const { identity = defaultIdentity, credentialsParameter, region, account } = reader;
  const host = parseEcrHost(registry);
  if (host !== undefined) {
    const chosen = identityForRegistry(identities, host) ?? identity;
    return { key: chosen.key, identity: chosen };
  }
  if (credentialsParameter === undefined) return { key: "", identity: defaultIdentity };
  const name = parseSecretName(credentialsParameter);
  const configured = identityForAccount(identities, name?.account);
  const chosen = configured ?? identity;
  const secret = {
    registry,
    parameter: credentialsParameter,
    identity: chosen,
    region: name?.region ?? region,
    account: configured === undefined ? account : name?.account,
  };
  return {
    key: JSON.stringify([secret.parameter, chosen.key, secret.region, secret.account]),
    identity: chosen,
    secret,
  };
}
