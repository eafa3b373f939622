import { bareName } from "../oci/registry-name";
import { type EcrHost, parseEcrHost } from "./ecr-hosts";
import { type AwsIdentity, identityOf } from "./identity";

/** An AWS identity as a configuration names it; with neither profile nor role it is the default credential chain. */
export interface AwsIdentitySettings {
  /** Of the shared AWS configuration files. */
  readonly profile?: string;
  /** Assumed with the profile's credentials, or with those of the default chain. */
  readonly roleArn?: string;
  readonly externalId?: string;
  /** Default: `ecs-image-guard`. */
  readonly sessionName?: string;
  /** The region of STS for the role. Default: the region of the registry or secret that is read. */
  readonly region?: string;
}

/** By account id (twelve digits) or by the host of a private ECR registry; the host counts more. */
export type AwsIdentities = Readonly<Record<string, AwsIdentitySettings>>;

/** Whether a key of `AwsIdentities` can ever mean something. */
export function isAwsIdentityKey(key: string): boolean {
  return /^\d{12}$/.test(key) || parseEcrHost(bareName(key)) !== undefined;
}

/** What is configured for a private ECR registry: for its host, else for its account. */
export function identityForRegistry(identities: AwsIdentities, host: EcrHost): AwsIdentity | undefined {
  const own = Object.entries(identities).find(([key]) => isSameHost(parseEcrHost(bareName(key)), host));
  return own === undefined ? identityForAccount(identities, host.account) : identityNamed(...own);
}

/** What is configured for an account, such as the one that a secret lies in. */
export function identityForAccount(
  identities: AwsIdentities,
  account: string | undefined,
): AwsIdentity | undefined {
  if (account === undefined || !Object.hasOwn(identities, account)) return undefined;
  const settings = identities[account];
  return settings === undefined ? undefined : identityNamed(account, settings);
}

function identityNamed(
  key: string,
  { profile, roleArn, externalId, sessionName, region }: AwsIdentitySettings,
): AwsIdentity {
  const role = {
    externalId,
    sessionName,
    durationSeconds: undefined,
    sourceIdentity: undefined,
    policy: undefined,
    policyArns: [],
    tags: [],
    transitiveTagKeys: [],
  };
  return identityOf(
    {
      keys: undefined,
      profile,
      configFiles: [],
      credentialsFiles: [],
      webIdentity: undefined,
      roles: roleArn === undefined ? [] : [{ roleArn, ...role }],
      region,
    },
    `that awsIdentities names for ${bareName(key)}`,
  );
}

function isSameHost(a: EcrHost | undefined, b: EcrHost): boolean {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b);
}
