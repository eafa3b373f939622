import { CreateRepositoryCommand, ECRClient, PutImageCommand } from "@aws-sdk/client-ecr";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { dockerManifest, ociIndex, ociManifest } from "../../../policypack/oci/media-types";
import { EcrClient } from "../../../policypack/aws/ecr-client";
import { identityOfProvider } from "../../../policypack/aws/identity";
import { dummyKeys, sha256, useAwsEnvironment } from "../../../support/aws/fake-ecr";
import { type Moto, startMoto } from "../../../support/aws/moto";

const account = "123456789012";
const registry = `${account}.dkr.ecr.eu-west-3.amazonaws.com`;
const name = { registry, repository: "team/app" };
const digest = `sha256:${"0".repeat(64)}`;

const image = (mediaType: string, salt: string): string =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", size: 2, digest },
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar+zstd", size: 3, digest }],
    annotations: { salt },
  });

const manifests: readonly (readonly [tag: string, mediaType: string, manifest: string])[] = [
  ["docker", dockerManifest, image(dockerManifest, "a")],
  ["oci", ociManifest, image(ociManifest, "b")],
  ["index", ociIndex, JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests: [] })],
];

describe("private ECR as moto serves it", function () {
  this.timeout(40_000);
  let moto: Moto | undefined;
  let client: EcrClient;

  before(async function () {
    moto = await startMoto(this);
  });
  useAwsEnvironment(() => ({ ...dummyKeys, AWS_ENDPOINT_URL: moto?.url ?? "", AWS_MAX_ATTEMPTS: "1" }));
  before(async () => {
    process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
    const ecr = new ECRClient({ region: "eu-west-3" });
    await ecr.send(new CreateRepositoryCommand({ repositoryName: name.repository }));
    for (const [imageTag, imageManifestMediaType, imageManifest] of manifests)
      await ecr.send(
        new PutImageCommand({
          repositoryName: name.repository,
          imageTag,
          imageManifest,
          imageManifestMediaType,
          // Left to itself moto invents a digest (moto/ecr/models.py, _create_digest).
          imageDigest: sha256(imageManifest),
        }),
      );
    ecr.destroy();
  });
  beforeEach(() => {
    client = new EcrClient();
  });
  afterEach(() => client.close());
  after(() => moto?.stop());

  it("gives every kind of manifest by tag and by digest, as it was pushed", async () => {
    const wanted = manifests.flatMap((one) => [one[0], sha256(one[2])].map((id) => ({ id, pushed: one })));
    const outcomes = await Promise.all(wanted.map(({ id }) => client.manifest(name, id)));
    outcomes.forEach((outcome, i) => {
      const [, mediaType, manifest] = wanted[i]!.pushed;
      assert.ok(outcome.ok, JSON.stringify(outcome));
      assert.equal(outcome.value.mediaType, mediaType);
      assert.equal(outcome.value.digest, sha256(manifest));
      assert.equal(Buffer.from(outcome.value.bytes).toString(), manifest);
    });
  });

  it("misses tags, digests and repositories that are not there", async () => {
    const outcomes = await Promise.all([
      client.manifest(name, "gone"),
      client.manifest(name, digest),
      client.manifest(name, "docker"),
      client.manifest({ ...name, repository: "nothing" }, "docker"),
    ]);
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.ok ? "ok" : outcome.failure.kind)),
      ["missing", "missing", "ok", "missing"],
    );
  });

  it("calls the region of the host, through FIPS and dual-stack hosts too", async () => {
    for (const host of ["dkr.ecr-fips.eu-west-3.amazonaws.com", "dkr-ecr.eu-west-3.on.aws"])
      assert.ok((await client.manifest({ ...name, registry: `${account}.${host}` }, "oci")).ok, host);
    const elsewhere = await client.manifest(
      { ...name, registry: registry.replace("eu-west-3", "us-east-1") },
      "oci",
    );
    assert.ok(!elsewhere.ok && elsewhere.failure.kind === "missing");
  });

  it("is read with a role that the provider assumes", async () => {
    const roles = [
      { roleArn: `arn:aws:iam::${account}:role/deploy`, externalId: "x", sessionName: "s", duration: "15m" },
    ];
    const own = new EcrClient({ identity: identityOfProvider({ assumeRoles: JSON.stringify(roles) }) });
    const outcome = await own.manifest(name, "oci");
    await own.close();
    assert.ok(outcome.ok, JSON.stringify(outcome));
  });

  it("is read without any output", () => {
    const client = JSON.stringify(join(__dirname, "../../../policypack/aws/ecr-client.ts"));
    const program = `const { EcrClient } = require(${client});
      const client = new EcrClient();
      client.manifest(${JSON.stringify(name)}, "oci").then((outcome) => { process.exitCode = outcome.ok ? 0 : 9; return client.close(); });`;
    const env = { ...process.env };
    delete env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"];
    const run = spawnSync(process.execPath, ["--import", "tsx", "-e", program], {
      env,
      encoding: "utf8",
      timeout: 30_000,
    });
    assert.deepEqual([run.status, run.stdout, run.stderr], [0, "", ""]);
  });
});
