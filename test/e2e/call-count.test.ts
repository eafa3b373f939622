import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AnyResource } from "../../support/engine/engine";
import { engineStacks } from "../../support/engine/stacks";
import { dummyKeys, FakeEcr, idsOf, json, sha256, useAwsEnvironment } from "../../support/aws/fake-ecr";
import { buildImage, pushImage } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

const numbers = Array.from({ length: 100 }, (_, i) => i);
const repositories = 5;
const login = { username: "ci", password: "planted-secret" };
const built = buildImage({ layers: ["gzip"], family: "docker" });
const imageManifest = Buffer.from(built.manifest).toString("utf8");
const index = JSON.stringify({
  schemaVersion: 2,
  mediaType: "application/vnd.oci.image.index.v1+json",
  manifests: [
    {
      mediaType: built.mediaType,
      digest: built.digest,
      size: built.manifest.length,
      platform: { os: "linux", architecture: "amd64" },
    },
  ],
});

/** A task definition for each of a hundred images. */
function program(image: (n: number) => string): () => void {
  return () => {
    for (const n of numbers)
      new AnyResource("aws:ecs/taskDefinition:TaskDefinition", `app${n}`, {
        family: `app${n}`,
        containerDefinitions: JSON.stringify([{ name: "app", image: image(n) }]),
      });
  };
}

describe("a preview of a hundred images, with the real Pulumi engine,", function () {
  this.timeout(120_000);
  const ecr = new FakeEcr();
  let registry: TestRegistry | undefined;
  let folder: string;
  const engineStack = engineStacks();

  before(async () => {
    await ecr.start();
    folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-logins-"));
  });
  useAwsEnvironment(() => ({ ...dummyKeys, AWS_ENDPOINT_URL_ECR: ecr.url }));
  after(async () => {
    await registry?.stop();
    if (ecr.url === "") return;
    await ecr.stop();
    rmSync(folder, { recursive: true });
  });

  for (const [what, manifest] of [
    ["single-platform images", imageManifest],
    ["multi-platform images", index],
  ] as const)
    it(`calls BatchGetImage at most ten times for ${what} in five ECR repositories`, async () => {
      ecr.seen.length = 0;
      ecr.handle = (seen, response) => {
        const images = idsOf(seen).map((id) => {
          const body = id === built.digest ? imageManifest : manifest;
          const imageId = { ...(id.includes(":") ? {} : { imageTag: id }), imageDigest: sha256(body) };
          return { imageId, imageManifest: body };
        });
        json(response, { images });
      };
      const host = "123456789012.dkr.ecr.eu-west-3.amazonaws.com";
      const stack = await engineStack(program((n) => `${host}/app${n % repositories}:v${n}`));
      const run = await stack.preview();
      assert.equal(run.passed, true, run.output);
      // The config of a single-platform image alone tells its platform. It comes by other calls, which nobody answers here.
      if (manifest === imageManifest) assert.match(run.output, /unverified-image/);
      else assert.doesNotMatch(run.output, /unverified-image/);
      const calls = ecr.seen.filter(({ what: operation }) => operation === "BatchGetImage");
      const tags = calls.flatMap(idsOf).filter((id) => !id.includes(":"));
      assert.equal(new Set(tags).size, numbers.length);
      assert.equal(tags.length, numbers.length);
      assert.ok(calls.length <= 10, `${calls.length} calls`);
    });

  it("requests one token for each repository of a private registry and is challenged once", async () => {
    registry = await TestRegistry.start({ access: { mode: "bearer", login } });
    for (const n of numbers) pushImage(registry, `app${n % repositories}`, `v${n}`, built);
    const { host } = registry;
    const auth = Buffer.from(`${login.username}:${login.password}`).toString("base64");
    writeFileSync(join(folder, "config.json"), JSON.stringify({ auths: { [host]: { auth } } }));
    const saved = process.env["DOCKER_CONFIG"];
    process.env["DOCKER_CONFIG"] = folder;
    try {
      const stack = await engineStack(program((n) => `${host}/app${n % repositories}:v${n}`));
      const run = await stack.preview();
      assert.equal(run.passed, true, run.output);
      assert.doesNotMatch(run.output, /unverified-image/);
      assert.ok(registry.requestsTo("/token").length <= repositories);
      assert.equal(registry.log.filter(({ status }) => status === 401).length, 1);
      assert.equal(registry.requestsTo("/manifests/").length, numbers.length + 1);
    } finally {
      if (saved === undefined) Reflect.deleteProperty(process.env, "DOCKER_CONFIG");
      else process.env["DOCKER_CONFIG"] = saved;
    }
  });
});
