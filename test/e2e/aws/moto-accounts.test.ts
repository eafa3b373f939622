import { CreateRepositoryCommand, ECRClient, PutImageCommand } from "@aws-sdk/client-ecr";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { fromTemporaryCredentials } from "@aws-sdk/credential-providers";
import assert from "node:assert/strict";
import { Inspector, type InspectorOptions } from "../../../policypack/inspection/inspector";
import { identityOfProvider } from "../../../policypack/aws/identity";
import { dummyKeys, sha256, useAwsEnvironment } from "../../../support/aws/fake-ecr";
import { buildImage, pushImage } from "../../../support/registry/images";
import { type Moto, startMoto } from "../../../support/aws/moto";
import { TestRegistry } from "../../../support/registry/registry";

const amd64 = { os: "linux", architecture: "amd64" };
const region = "eu-west-3";
const accounts = ["111111111111", "222222222222"] as const;
const [first, second] = accounts;
const roleIn = (account: string) => `arn:aws:iam::${account}:role/reader`;
const imageIn = (account: string) => `${account}.dkr.ecr.${region}.amazonaws.com/team/app:1`;
const built = buildImage({ layers: ["gzip"], family: "docker" });
const login = { username: "ecs", password: "planted-secret" };

/** moto keeps the accounts apart by the role that a caller assumed (moto docs, "Multi-Account support"). */
describe("two AWS accounts as moto serves them", function () {
  this.timeout(40_000);
  let moto: Moto | undefined;
  let registry: TestRegistry | undefined;
  let secretArn = "";

  before(async function () {
    moto = await startMoto(this);
    registry = await TestRegistry.start();
    registry.access = { mode: "bearer", login };
    pushImage(registry, "app", "1", built);
  });
  useAwsEnvironment(() => ({
    ...dummyKeys,
    AWS_ENDPOINT_URL_ECR: moto?.url ?? "",
    AWS_ENDPOINT_URL_STS: moto?.url ?? "",
    AWS_ENDPOINT_URL_SECRETS_MANAGER: moto?.url ?? "",
    AWS_MAX_ATTEMPTS: "1",
  }));
  before(async () => {
    process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
    for (const account of accounts) {
      const credentials = fromTemporaryCredentials({ params: { RoleArn: roleIn(account) } });
      const ecr = new ECRClient({ region, credentials });
      const own = account === second ? ["team/app", "team/second"] : ["team/app"];
      const imageManifest = Buffer.from(built.manifest).toString("utf8");
      const image = {
        imageManifest,
        imageManifestMediaType: built.mediaType,
        imageDigest: sha256(imageManifest),
      };
      for (const repositoryName of own) {
        await ecr.send(new CreateRepositoryCommand({ repositoryName }));
        await ecr.send(new PutImageCommand({ repositoryName, imageTag: "1", ...image }));
      }
      ecr.destroy();
    }
    const credentials = fromTemporaryCredentials({ params: { RoleArn: roleIn(second) } });
    const secrets = new SecretsManagerClient({ region, credentials });
    const created = await secrets.send(
      new CreateSecretCommand({ Name: "ghcr", SecretString: JSON.stringify(login) }),
    );
    secretArn = created.ARN ?? "";
    secrets.destroy();
  });
  after(async () => {
    await moto?.stop();
    await registry?.stop();
  });

  async function withInspector<T>(
    options: InspectorOptions,
    work: (inspector: Inspector) => Promise<T>,
  ): Promise<T> {
    const inspector = new Inspector({ credentials: () => Promise.resolve(undefined), ...options });
    try {
      return await work(inspector);
    } finally {
      await inspector.close();
    }
  }

  it("are each read with the identity that is configured for them", async () => {
    const awsIdentities = Object.fromEntries(
      accounts.map((account) => [
        account,
        { roleArn: roleIn(account), externalId: "x", sessionName: "guard" },
      ]),
    );
    const found = await withInspector({ awsIdentities }, (inspector) =>
      Promise.all(accounts.map((account) => inspector.inspect(imageIn(account), amd64))),
    );
    for (const outcome of found)
      assert.equal(outcome.ok && outcome.value.digest, built.digest, JSON.stringify(found));
  });

  it("are read with the provider of each resource, whose answers are not mixed up", async () => {
    const image = imageIn(second).replace("team/app", "team/second");
    const [stranger, owner] = await withInspector({}, (inspector) =>
      Promise.all(
        accounts.map((reader) => {
          const identity = identityOfProvider({ assumeRole: JSON.stringify({ roleArn: roleIn(reader) }) });
          return inspector.inspect(image, amd64, { identity });
        }),
      ),
    );
    assert.ok(owner?.ok, JSON.stringify(owner));
    // moto looks for a repository in the caller's own account.
    assert.equal(stranger?.ok === false && stranger.failure.kind, "missing", JSON.stringify(stranger));
  });

  it("give a secret to the identity of its account, and to no other", async () => {
    const image = `${registry?.host ?? ""}/app:1`;
    const reader = { credentialsParameter: secretArn };
    const ask = (options: InspectorOptions) =>
      withInspector(options, (inspector) => inspector.inspect(image, amd64, reader));
    const found = await ask({ awsIdentities: { [second]: { roleArn: roleIn(second) } } });
    assert.ok(found.ok, JSON.stringify(found));
    const denied = await ask({ awsIdentities: { [second]: { roleArn: roleIn(first) } } });
    assert.ok(!denied.ok && denied.failure.kind === "denied");
    assert.match(
      denied.failure.message,
      /ResourceNotFoundException: .*role arn:aws:iam::111111111111:role\/reader/,
    );
    assert.doesNotMatch(denied.failure.message, /planted/);
  });

  it("prove that a secret does not exist to an identity of its own account only", async () => {
    const gone = secretArn.replace(/ghcr-\w+$/, "gone-AbCdEf");
    const proofOf = async (account: string) => {
      const awsIdentities = { [second]: { roleArn: roleIn(account) } };
      const found = await withInspector({ awsIdentities }, (inspector) =>
        inspector.inspect(`${registry?.host ?? ""}/app:1`, amd64, { credentialsParameter: gone }),
      );
      assert.equal(found.loginFault?.kind, "missing", JSON.stringify(found));
      return found.loginFault.proves;
    };
    assert.deepEqual([await proofOf(second), await proofOf(first)], ["no-login", undefined]);
  });
});
