import { redactedSecret, isRecord } from "../common/values";

/** The identity in an AWS provider's inputs (Pulumi registry, aws and aws-native, `Provider`). */
export interface ProviderSettings {
  readonly keys:
    | { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
    | undefined;
  readonly profile: string | undefined;
  readonly configFiles: readonly string[];
  readonly credentialsFiles: readonly string[];
  readonly webIdentity: WebIdentity | undefined;
  readonly roles: readonly AssumedRole[];
  /** The region of STS; it matters for the identity only if a role is assumed. */
  readonly region: string | undefined;
}

interface Session {
  readonly roleArn: string;
  readonly sessionName: string | undefined;
  readonly durationSeconds: number | undefined;
}

export interface AssumedRole extends Session {
  readonly externalId: string | undefined;
  readonly sourceIdentity: string | undefined;
  readonly policy: string | undefined;
  readonly policyArns: readonly string[];
  readonly tags: readonly (readonly [string, string])[];
  readonly transitiveTagKeys: readonly string[];
}

export interface WebIdentity extends Session {
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
}

/** Stands for a value not known in a preview (pulumi/sdk, `runtime/rpc.ts`, `unknownValue`). */
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Undefined if the inputs name no identity, or one that is not known yet or not to this run. Never throws. */
export function providerSettings(props: unknown): ProviderSettings | undefined {
  let settings: ProviderSettings;
  try {
    settings = read(decoded(props));
  } catch {
    // Reading a value that is not known yet throws.
    return undefined;
  }
  const { keys, profile, webIdentity, roles, configFiles, credentialsFiles } = settings;
  const named = [keys, profile, webIdentity].some((one) => one !== undefined);
  if (!named && roles.length + configFiles.length + credentialsFiles.length === 0) return undefined;
  const text = JSON.stringify(settings);
  return text.includes(unknownValue) || text.includes(`"${redactedSecret}"`) ? undefined : settings;
}

/** The region that the inputs of an AWS provider or resource name; undefined for none, or one that is not known yet. Never throws. */
export function regionIn(props: unknown): string | undefined {
  try {
    const region = setting(decoded(props), "region");
    return region === unknownValue ? undefined : region;
  } catch {
    return undefined;
  }
}

/**
 * The accounts that an AWS provider may work in, as far as its inputs name them: those that it allows, else that of the role that it assumes.
 * Undefined if they do not. Never throws.
 */
export function accountsIn(props: unknown): readonly string[] | undefined {
  let allowed: string[];
  try {
    allowed = settingList(decoded(props), "allowedAccountIds");
  } catch {
    return undefined;
  }
  if (allowed.length > 0) return allowed.every(isAccount) ? allowed : undefined;
  const { roles = [], webIdentity } = providerSettings(props) ?? {};
  const account = (roles.at(-1) ?? webIdentity)?.roleArn.split(":")[4] ?? "";
  return isAccount(account) ? [account] : undefined;
}

function isAccount(id: string): boolean {
  return /^\d{12}$/.test(id);
}

function read(props: unknown): ProviderSettings {
  const accessKeyId = setting(props, "accessKey");
  const secretAccessKey = setting(props, "secretKey");
  const sessionToken = setting(props, "token");
  const keys =
    accessKeyId === undefined || secretAccessKey === undefined
      ? undefined
      : { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  const several = nestedList(props, "assumeRoles");
  const roles = (several.length > 0 ? several : [nested(props, "assumeRole")]).flatMap(assumedRole);
  const webIdentity = webIdentityOf(nested(props, "assumeRoleWithWebIdentity"));
  return {
    keys,
    profile: setting(props, "profile"),
    configFiles: settingList(props, "sharedConfigFiles"),
    // Version 4 of the provider knew one file.
    credentialsFiles: [
      ...settingList(props, "sharedCredentialsFiles"),
      ...[setting(props, "sharedCredentialsFile") ?? []].flat(),
    ],
    webIdentity,
    roles,
    region: roles.length > 0 || webIdentity !== undefined ? setting(props, "region") : undefined,
  };
}

function assumedRole(role: unknown): AssumedRole[] {
  const roleArn = setting(role, "roleArn");
  if (roleArn === undefined) return [];
  const tags = nested(role, "tags");
  return [
    {
      roleArn,
      ...session(role),
      externalId: setting(role, "externalId"),
      sourceIdentity: setting(role, "sourceIdentity"),
      policy: setting(role, "policy"),
      policyArns: settingList(role, "policyArns"),
      tags: isRecord(tags)
        ? Object.entries(tags).flatMap(([key, value]) =>
            typeof value === "string" ? [[key, value] as const] : [],
          )
        : [],
      transitiveTagKeys: settingList(role, "transitiveTagKeys"),
    },
  ];
}

function webIdentityOf(value: unknown): WebIdentity | undefined {
  const roleArn = setting(value, "roleArn");
  if (roleArn === undefined) return undefined;
  return {
    roleArn,
    ...session(value),
    token: setting(value, "webIdentityToken"),
    tokenFile: setting(value, "webIdentityTokenFile"),
  };
}

function session(value: unknown): Omit<Session, "roleArn"> {
  const seconds = Number(rawSetting(value, "durationSeconds"));
  return {
    sessionName: setting(value, "sessionName"),
    durationSeconds: durationInSeconds(setting(value, "duration")) ?? (seconds > 0 ? seconds : undefined),
  };
}

const units: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

/** Whole seconds of a Go duration such as `1h30m` (pkg.go.dev/time#ParseDuration); undefined for anything else. */
export function durationInSeconds(duration: string | undefined): number | undefined {
  if (duration === undefined || !/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|[uµμ]s|ms|s|m|h))+$/.test(duration))
    return undefined;
  let seconds = 0;
  for (const [, amount = "", unit = ""] of duration.matchAll(/([\d.]+)(\D+)/g))
    seconds += Number(amount) * (units[unit] ?? 0);
  return seconds > 0 ? Math.round(seconds) : undefined;
}

/** Provider inputs are strings on the wire, objects and lists as JSON within (pulumi/sdk, `ProviderResource`). */
function decoded(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function nested(value: unknown, key: string): unknown {
  return isRecord(value) ? decoded(value[key]) : undefined;
}

function nestedList(value: unknown, key: string): unknown[] {
  const found = nested(value, key);
  return Array.isArray(found) ? found.map(decoded) : [];
}

function settingList(value: unknown, key: string): string[] {
  return nestedList(value, key).filter((one): one is string => typeof one === "string" && one !== "");
}

/** A value as it was written: a policy is JSON in a string, and stays one. */
function rawSetting(value: unknown, key: string): unknown {
  return isRecord(value) ? value[key] : undefined;
}

function setting(value: unknown, key: string): string | undefined {
  const found = rawSetting(value, key);
  return typeof found === "string" && found !== "" ? found : undefined;
}
