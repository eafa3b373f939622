import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { printable } from "../common/text";
import {
  type AssumedRole,
  providerSettings,
  type ProviderSettings,
  type WebIdentity,
} from "./provider-settings";

type Providers = typeof import("./sdk");

/** Provides credentials to the SDK, again when they expire: the SDK's own type, without its package in our types. */
export type CredentialProvider = (context?: Record<string, unknown>) => Promise<AwsCredentials>;

/** Temporary ones have a session token and expire. */
interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
  /** Some of the SDK's providers set it. */
  readonly accountId?: string;
}

/** Whose credentials read an image. */
export interface AwsIdentity {
  /** Equal for the same identity; holds no secret. */
  readonly key: string;
  /** In words for the person whose identity it is: `profile dev, role arn:aws:iam::123456789012:role/deploy`. */
  readonly describe: string;
  /** The account that the identity belongs to, if its settings name it. */
  readonly account?: string;
  /** Loads the SDK's providers; the provider rejects with what went wrong, the promise does not. */
  credentials(): Promise<CredentialProvider>;
}

/** Environment, shared files, SSO, container and instance roles, in the SDK's order. */
export const defaultIdentity: AwsIdentity = {
  key: "default",
  describe: "of the default credential chain",
  credentials: async () => (await import("./sdk")).fromNodeProviderChain(),
};

/**
 * The identity that a Pulumi AWS provider (`pulumi:providers:aws`, `…:aws-native`) deploys with, from its inputs. Values that are not known yet,
 * or that name no identity, mean the default chain. Roles are assumed one after the other, on top of the
 * static keys, the web identity, the profile or the default chain (hashicorp/aws-sdk-go-base, `credentials.go`).
 */
export function identityOfProvider(props: unknown): AwsIdentity {
  const settings = providerSettings(props);
  return settings === undefined ? defaultIdentity : identityOf(settings, "of the provider");
}

/**
 * The identity that some settings name.
 *
 * @param whose in words: `of the provider`
 */
export function identityOf(settings: ProviderSettings, whose: string): AwsIdentity {
  const { roleArn } = settings.roles.at(-1) ?? settings.webIdentity ?? {};
  const account = /^arn:aws[a-z-]*:iam::(\d{12}):/.exec(roleArn ?? "")?.[1];
  return {
    ...(account !== undefined && { account }),
    key: `settings:${createHash("sha256").update(JSON.stringify(settings)).digest("hex")}`,
    describe: describe(settings, whose),
    credentials: async () => provider(await import("./sdk"), settings),
  };
}

function describe(settings: ProviderSettings, whose: string): string {
  const { keys, webIdentity, profile, roles, configFiles, credentialsFiles } = settings;
  const base =
    keys !== undefined
      ? "static access key"
      : webIdentity !== undefined
        ? `web identity for role ${webIdentity.roleArn}`
        : profile !== undefined
          ? `profile ${profile}`
          : configFiles.length + credentialsFiles.length > 0
            ? "default profile"
            : "default credential chain";
  const parts = [base, ...roles.map((role) => `role ${role.roleArn}`)];
  return `${whose}: ${parts.map((part) => printable(part, 160)).join(", ")}`;
}

function provider(sdk: Providers, settings: ProviderSettings): CredentialProvider {
  const clientConfig = settings.region === undefined ? {} : { clientConfig: { region: settings.region } };
  return settings.roles.reduce<CredentialProvider>(
    (masterCredentials, role) =>
      sdk.fromTemporaryCredentials({ masterCredentials, params: assumeRoleInput(role), ...clientConfig }),
    baseProvider(sdk, settings, clientConfig),
  );
}

function baseProvider(
  sdk: Providers,
  settings: ProviderSettings,
  clientConfig: { clientConfig?: { region: string } },
): CredentialProvider {
  const { keys, webIdentity } = settings;
  if (keys !== undefined) return () => Promise.resolve(keys);
  if (webIdentity !== undefined) return webIdentityProvider(sdk, webIdentity, clientConfig);
  return profileProvider(sdk, settings, clientConfig);
}

function webIdentityProvider(
  sdk: Providers,
  identity: WebIdentity,
  clientConfig: { clientConfig?: { region: string } },
): CredentialProvider {
  const { roleArn, sessionName, durationSeconds, token, tokenFile } = identity;
  const session = {
    roleArn,
    ...(sessionName === undefined ? {} : { roleSessionName: sessionName }),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
    ...clientConfig,
  };
  return token !== undefined
    ? sdk.fromWebToken({ ...session, webIdentityToken: token })
    : sdk.fromTokenFile({
        ...session,
        ...(tokenFile === undefined ? {} : { webIdentityTokenFile: atHome(tokenFile) }),
      });
}

/** The SDK takes one file of each sort where Terraform takes lists whose later files win: so the later are tried first. */
function profileProvider(
  sdk: Providers,
  settings: ProviderSettings,
  clientConfig: { clientConfig?: { region: string } },
): CredentialProvider {
  const { profile, configFiles, credentialsFiles } = settings;
  if (profile === undefined && configFiles.length + credentialsFiles.length === 0)
    return sdk.fromNodeProviderChain();
  const candidates = latestFirst(credentialsFiles).flatMap((filepath) =>
    latestFirst(configFiles).map((configFilepath) => ({
      ...(filepath === undefined ? {} : { filepath: atHome(filepath) }),
      ...(configFilepath === undefined ? {} : { configFilepath: atHome(configFilepath) }),
    })),
  );
  const named = profile === undefined ? {} : { profile };
  const providers = candidates.map((files) =>
    profile === undefined
      ? sdk.fromNodeProviderChain({ ...files, ...clientConfig })
      : sdk.fromIni({ ...named, ...files, ...clientConfig, ignoreCache: true }),
  );
  const [only] = providers;
  return only !== undefined && providers.length === 1 ? only : sdk.createCredentialChain(...providers);
}

function latestFirst(files: readonly string[]): readonly (string | undefined)[] {
  return files.length === 0 ? [undefined] : [...files].reverse();
}

function atHome(path: string): string {
  return path.replace(/^~(?=\/|$)/, homedir());
}

function assumeRoleInput(role: AssumedRole): Parameters<Providers["fromTemporaryCredentials"]>[0]["params"] {
  return {
    RoleArn: role.roleArn,
    RoleSessionName: role.sessionName ?? "ecs-image-guard",
    ...(role.externalId === undefined ? {} : { ExternalId: role.externalId }),
    ...(role.durationSeconds === undefined ? {} : { DurationSeconds: role.durationSeconds }),
    ...(role.sourceIdentity === undefined ? {} : { SourceIdentity: role.sourceIdentity }),
    ...(role.policy === undefined ? {} : { Policy: role.policy }),
    ...(role.policyArns.length === 0 ? {} : { PolicyArns: role.policyArns.map((arn) => ({ arn })) }),
    ...(role.tags.length === 0 ? {} : { Tags: role.tags.map(([Key, Value]) => ({ Key, Value })) }),
    ...(role.transitiveTagKeys.length === 0 ? {} : { TransitiveTagKeys: [...role.transitiveTagKeys] }),
  };
}
