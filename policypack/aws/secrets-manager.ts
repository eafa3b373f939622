import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { AwsIdentity } from "./identity";
import { clientOptions, quietSdk } from "./sdk-http";

type Sdk = typeof import("./sdk");

/** AWS Secrets Manager: one client for each identity and region, made at its first use. */
export class SecretsManager {
  readonly #clients = new Map<string, Promise<{ sdk: Sdk; client: SecretsManagerClient }>>();

  /**
   * The current value of a secret; undefined if it is not a text. Rejects with whatever the SDK threw.
   *
   * @param region default: the one of the AWS environment or configuration files
   */
  async read(id: string, identity: AwsIdentity, region: string | undefined): Promise<string | undefined> {
    const { sdk, client } = await this.#client(identity, region);
    return (await client.send(new sdk.GetSecretValueCommand({ SecretId: id }))).SecretString;
  }

  /** The account in which an identity reads secrets, if it is known without another call. */
  async accountOf(identity: AwsIdentity, region: string | undefined): Promise<string | undefined> {
    if (identity.account !== undefined) return identity.account;
    const { client } = await this.#client(identity, region);
    return (await client.config.credentials()).accountId;
  }

  #client(identity: AwsIdentity, region: string | undefined): ReturnType<typeof open> {
    const key = JSON.stringify([identity.key, region]);
    const opened = this.#clients.get(key) ?? open(identity, region);
    this.#clients.set(key, opened);
    return opened;
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#clients.values());
    this.#clients.clear();
    for (const one of opened) if (one.status === "fulfilled") one.value.client.destroy();
  }
}

async function open(
  identity: AwsIdentity,
  region: string | undefined,
): Promise<{ sdk: Sdk; client: SecretsManagerClient }> {
  quietSdk();
  const sdk = await import("./sdk");
  return { sdk, client: new sdk.SecretsManagerClient(clientOptions(identity, region)) };
}
