import assert from "node:assert/strict";
import { type InspectedImage, Inspector, type InspectorOptions } from "../../policypack/inspection/inspector";
import type { Outcome } from "../../policypack/common/outcome";
import { CredentialError } from "../../policypack/logins/credential";
import { identityOfProvider } from "../../policypack/aws/identity";
import type { ReaderIdentity } from "../../policypack/registry/reader-identity";
import { dummyKeys, exception, FakeEcr, json, useAwsEnvironment } from "../../support/aws/fake-ecr";
import { buildImage, pushImage } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";
import type { Access } from "../../support/registry/tokens";

const amd64 = { os: "linux", architecture: "amd64" };
const arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:ghcr-AbCdEf";
const login = { username: "ecs", password: "planted-secret" };
const docker = { username: "dev", password: "planted-docker" };
const secretText = JSON.stringify({ ...login, note: "planted-note" });

describe("an image with repositoryCredentials", () => {
  const aws = new FakeEcr();
  let registry: TestRegistry;
  let mirror: TestRegistry;
  before(async () => {
    await aws.start();
    registry = await TestRegistry.start();
    mirror = await TestRegistry.start();
    for (const one of [registry, mirror])
      for (const repository of ["bearer", "basic", "public", "other"])
        pushImage(one, repository, "1", buildImage({ layers: ["gzip"], family: "docker" }));
  });
  useAwsEnvironment(() => ({
    ...dummyKeys,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.url,
    AWS_ENDPOINT_URL_STS: aws.url,
    AWS_MAX_ATTEMPTS: "1",
  }));
  beforeEach(() => {
    aws.seen.length = 0;
    registry.log.length = 0;
    mirror.log.length = 0;
    logins({ mode: "bearer", login });
    aws.handle = (_, response) => {
      json(response, { SecretString: secretText });
    };
  });
  after(() => Promise.all([aws.stop(), registry.stop(), mirror.stop()]));

  function logins(access: Access): void {
    registry.perRepository.set("bearer", access);
    registry.perRepository.set("basic", { mode: "basic", ...login });
    registry.perRepository.set("other", access);
    registry.perRepository.set("public", { mode: "bearer" });
  }

  async function inspect(
    names: readonly string[],
    reader: ReaderIdentity = { credentialsParameter: arn },
    options: InspectorOptions = {},
  ): Promise<Outcome<InspectedImage>[]> {
    const inspector = new Inspector({ credentials: () => Promise.resolve(undefined), ...options });
    try {
      return await Promise.all(
        names.map((name) => inspector.inspect(`${registry.host}/${name}:1`, amd64, reader)),
      );
    } finally {
      await inspector.close();
    }
  }

  const words = (outcome: Outcome<unknown> | undefined) => {
    assert.ok(outcome !== undefined && !outcome.ok, "it succeeded");
    assert.equal(outcome.failure.kind, "denied");
    assert.doesNotMatch(outcome.failure.message, /planted/);
    return outcome.failure.message;
  };

  for (const repository of ["bearer", "basic"])
    it(`is read with the login of its secret, from the region of its ARN: ${repository}`, async () => {
      const [found] = await inspect([repository]);
      assert.ok(found?.ok, JSON.stringify(found));
      assert.deepEqual(
        aws.seen.map(({ what, body }) => [what, body["SecretId"]]),
        [["GetSecretValue", arn]],
      );
      assert.match(
        String(aws.seen[0]?.headers.authorization),
        /\/eu-central-1\/secretsmanager\/aws4_request/,
      );
    });

  it("reads its secret once for all repositories, even if the registry needs no login", async () => {
    const found = await inspect(["bearer", "other"]);
    assert.ok(found.every(({ ok }) => ok));
    assert.equal(aws.seen.length, 1);
    registry.perRepository.set("open", { mode: "none" });
    pushImage(registry, "open", "1", buildImage({ layers: ["gzip"], family: "docker" }));
    const [open] = await inspect(["open"]);
    assert.ok(open?.ok && open.value.unread.length === 0);
    assert.equal(aws.seen.length, 2);
  });

  it("is read before the docker login of its registry", async () => {
    const [found] = await inspect(["bearer"], undefined, { credentials: () => Promise.resolve(docker) });
    assert.ok(found?.ok, JSON.stringify(found));
  });

  it("finds a secret given by name in the region of its resource", async () => {
    const [found] = await inspect(["bearer"], { credentialsParameter: "ghcr", region: "sa-east-1" });
    assert.ok(found?.ok, JSON.stringify(found));
    assert.equal(aws.seen[0]?.body["SecretId"], "ghcr");
    assert.match(String(aws.seen[0].headers.authorization), /\/sa-east-1\/secretsmanager\//);
  });

  const unreadable: [type: string, said: string][] = [
    ["AccessDeniedException", "User is not authorized to perform: secretsmanager:GetSecretValue"],
    ["ResourceNotFoundException", "Secrets Manager can't find the specified secret."],
    ["DecryptionFailure", "Secrets Manager can't decrypt the protected secret text"],
  ];
  for (const [type, said] of unreadable)
    it(`is read with the docker login if its secret gives ${type}; without one AWS's message is shown`, async () => {
      aws.handle = (_, response) => {
        exception(response, 400, type, said);
      };
      logins({ mode: "bearer", login: docker });
      const reader = {
        credentialsParameter: arn,
        identity: identityOfProvider({ accessKey: "A", secretKey: "planted" }),
      };
      const [found] = await inspect(["bearer"], reader, { credentials: () => Promise.resolve(docker) });
      assert.ok(found?.ok, JSON.stringify(found));
      const expected = `secret ${arn} of repositoryCredentials could not be read: ${type}: ${said} (as the AWS identity of the provider: static access key)`;
      const [alone] = await inspect(["bearer"], reader);
      assert.ok(words(alone).includes(expected), words(alone));
      const wrong = { username: "dev", password: "planted-wrong" };
      const [refused] = await inspect(["bearer"], reader, { credentials: () => Promise.resolve(wrong) });
      assert.ok(words(refused).includes(expected), words(refused));
      assert.match(words(refused), /does not accept the credentials/);
      const broken = () => Promise.reject(new CredentialError("config.json is a folder"));
      const [both] = await inspect(["bearer"], reader, { credentials: broken });
      assert.ok(
        words(both).includes(expected) && words(both).includes("config.json is a folder"),
        words(both),
      );
    });

  const worthless: [what: string, answer: object, said: RegExp][] = [
    ["no JSON", { SecretString: "planted:planted" }, /is not JSON/],
    ["half of it", { SecretString: secretText.slice(0, 30) }, /is not JSON/],
    ["a JSON list", { SecretString: '["planted"]' }, /is not a JSON object/],
    ["no password", { SecretString: '{"username":"planted"}' }, /has no password/],
    ["an empty user name", { SecretString: '{"username":"","password":"planted"}' }, /has no username/],
    ["a number", { SecretString: '{"username":"planted","password":1}' }, /wrong password: a string/],
    ["bytes", { SecretBinary: Buffer.from(secretText).toString("base64") }, /holds bytes, not text/],
  ];
  for (const [what, answer, said] of worthless)
    it(`is denied if its secret holds ${what}, and nothing of the secret is shown`, async () => {
      aws.handle = (_, response) => {
        json(response, answer);
      };
      const [found] = await inspect(["bearer"], undefined, { credentials: () => Promise.resolve(login) });
      assert.match(words(found), said);
      assert.ok(words(found).includes(arn));
    });

  it("names the secret whose login the registry refuses", async () => {
    logins({ mode: "bearer", login: docker });
    const [found] = await inspect(["bearer"]);
    assert.match(words(found), /does not accept the credentials/);
    assert.ok(words(found).endsWith(`; the login came from the secret ${arn} of repositoryCredentials`));
  });

  it("is refused if its parameter is not a secret's name, without a call to AWS", async () => {
    const [found] = await inspect(["bearer"], {
      credentialsParameter: "arn:aws:ssm:eu-west-3:123456789012:parameter/x",
    });
    assert.match(words(found), /neither the ARN nor the name of a Secrets Manager secret/);
    assert.equal(aws.seen.length, 0);
  });

  it("shares no login, token or result with the same image without a secret, or with another", async () => {
    const inspector = new Inspector({ credentials: () => Promise.resolve(undefined) });
    const image = `${registry.host}/bearer:1`;
    const ask = (reader?: ReaderIdentity) => inspector.inspect(image, amd64, reader);
    const [good, bare, stranger] = await Promise.all([
      ask({ credentialsParameter: arn }),
      ask(),
      ask({ credentialsParameter: arn, identity: identityOfProvider({ profile: "nowhere" }) }),
    ]);
    assert.ok(good.ok);
    words(bare);
    assert.match(words(stranger), /no credentials from the AWS identity of the provider: profile nowhere/);
    // Nor with those who come later.
    const later = await inspector.inspect(`${registry.host}/other:1`, amd64);
    await inspector.close();
    words(later);
  });

  it("never sends the login of its secret to a mirror", async () => {
    mirror.access = { mode: "basic", username: "m", password: "mirror-only" };
    const options = { mirrors: { [registry.host]: [mirror.host] } };
    const [found] = await inspect(["bearer"], undefined, options);
    assert.ok(found?.ok, JSON.stringify(found));
    assert.ok(mirror.log.length > 0);
    assert.ok(mirror.log.every(({ authorization }) => authorization === undefined));
    mirror.access = { mode: "none" };
  });

  it("reads its secret with the identity that is configured for the secret's account", async () => {
    const awsIdentities = { "123456789012": { profile: "shared" } };
    const [found] = await inspect(["bearer"], undefined, { awsIdentities });
    assert.match(words(found), /AWS identity that awsIdentities names for 123456789012: profile shared/);
    assert.equal(aws.seen.length, 0);
  });
});
