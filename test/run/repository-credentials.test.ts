import assert from "node:assert/strict";
import { analyze, type Registered, type Violation } from "../../support/engine/fake-engine";
import { dummyKeys, exception, FakeEcr, json, useAwsEnvironment } from "../../support/aws/fake-ecr";
import { buildImage, pushImage } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

const account = "arn:aws:secretsmanager:eu-west-3:123456789012:secret";
const login = { username: "ecs", password: "planted-secret" };

describe("the policies, of an image with repositoryCredentials,", () => {
  const aws = new FakeEcr();
  let registry: TestRegistry;
  before(async () => {
    await aws.start();
    registry = await TestRegistry.start({ access: { mode: "bearer", login } });
    pushImage(registry, "app", "mixed", buildImage({ layers: ["gzip", "zstd"], family: "docker" }));
    aws.handle = (seen, response) => {
      const id = String(seen.body["SecretId"]);
      if (id.endsWith("good") || id === "named") json(response, { SecretString: JSON.stringify(login) });
      else exception(response, 400, "ResourceNotFoundException", "no such secret");
    };
  });
  useAwsEnvironment(() => ({
    ...dummyKeys,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.url,
    AWS_MAX_ATTEMPTS: "1",
  }));
  beforeEach(() => {
    aws.seen.length = 0;
  });
  after(() => Promise.all([aws.stop(), registry.stop()]));

  const task = (name: string, credentialsParameter: string | undefined, more: object = {}): Registered => {
    const container = {
      name,
      image: `${registry.host}/app:mixed`,
      ...(credentialsParameter !== undefined && { repositoryCredentials: { credentialsParameter } }),
    };
    return { name, props: { containerDefinitions: JSON.stringify([container]), ...more } };
  };
  const told = (violations: readonly Violation[]) =>
    violations.map(({ policy, message }) => `${policy}: ${message}`);

  for (const mode of ["preview", "update"] as const)
    it(`judge it with that login, in ${mode === "preview" ? "a preview" : "an update"}, and each secret separately`, async () => {
      const resources = [
        task("a", `${account}:good`),
        task("b", `${account}:good`),
        task("c", `${account}:gone`),
        task("d", undefined),
      ];
      const found = told(await analyze(mode, resources));
      const blocked = found.filter((one) => one.startsWith("mixed-layer-compression"));
      const unverified = found.filter((one) => one.startsWith("unverified-image"));
      assert.equal(blocked.length, 2, found.join("\n"));
      assert.equal(unverified.length, 2, found.join("\n"));
      assert.match(
        unverified[0]!.replace(/\s+/g, " "),
        /`c`.*secret:gone.*ResourceNotFoundException: no such secret/,
      );
      assert.match(unverified[1]!, /`d`/);
      assert.doesNotMatch(unverified[1]!, /secret:/);
      assert.doesNotMatch(found.join("\n"), /planted/);
      assert.equal(aws.seen.length, 2);
    });

  it("look a secret's name up in the region of the resource", async () => {
    const found = told(await analyze("preview", [task("a", "named", { region: "sa-east-1" })]));
    assert.match(found.join("\n"), /^mixed-layer-compression/);
    assert.match(String(aws.seen[0]?.headers.authorization), /\/sa-east-1\/secretsmanager\//);
  });
});
