import assert from "node:assert/strict";
import { Inspector } from "../../policypack/inspection/inspector";
import { resolveIdentity } from "../../policypack/registry/reader-identity";
import { RegistryImageSource } from "../../policypack/registry/image-source";
import { CredentialError } from "../../policypack/logins/credential";
import { dummyKeys, exception, FakeEcr, json, useAwsEnvironment } from "../../support/aws/fake-ecr";
import { buildImage, pushImage } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";
import { Signal } from "../../policypack/common/signal";

const host = "123456789012.dkr.ecr.eu-west-3.amazonaws.com";
const amd64 = { os: "linux", architecture: "amd64" };
const mixed = buildImage({ layers: ["gzip", "zstd"], family: "docker" });

describe("an image", () => {
  const ecr = new FakeEcr();
  let registry: TestRegistry;
  before(async () => {
    await ecr.start();
    registry = await TestRegistry.start();
    pushImage(registry, "team/app", "1", mixed);
  });
  useAwsEnvironment(() => ({ ...dummyKeys, AWS_ENDPOINT_URL_ECR: ecr.url, AWS_MAX_ATTEMPTS: "1" }));
  beforeEach(() => {
    ecr.seen.length = 0;
    registry.log.length = 0;
  });
  after(async () => {
    await ecr.stop();
    await registry.stop();
  });

  async function inspect(image: string, options: ConstructorParameters<typeof Inspector>[0] = {}) {
    const inspector = new Inspector(options);
    try {
      return await inspector.inspect(image, amd64);
    } finally {
      await inspector.close();
    }
  }

  it("of private ECR is read through its API, manifest and config", async () => {
    ecr.handle = (seen, response) => {
      if (seen.what === "BatchGetImage") {
        const imageId = { imageTag: "1", imageDigest: mixed.digest };
        const imageManifest = Buffer.from(mixed.manifest).toString("utf8");
        json(response, { images: [{ imageId, imageManifest, imageManifestMediaType: mixed.mediaType }] });
      } else {
        json(response, { downloadUrl: `${registry.url}/v2/team/app/blobs/${mixed.config.digest}` });
      }
    };
    const found = await inspect(`${host}/team/app:1`);
    assert.ok(found.ok, JSON.stringify(found));
    assert.equal(found.value.config?.rootfs.diffIds?.length, 2);
    assert.deepEqual(
      ecr.seen.map(({ what }) => what),
      ["BatchGetImage", "GetDownloadUrlForLayer"],
    );
  });

  it("of private ECR is denied with AWS's message if the API denies it and there is no login", async () => {
    ecr.handle = (_, response) => {
      exception(response, 400, "AccessDeniedException", "not authorized to perform ecr:BatchGetImage");
    };
    const found = await inspect(`${host}/team/app:1`);
    assert.equal(!found.ok && found.failure.kind, "denied");
    assert.match(found.ok ? "" : found.failure.message, /not authorized to perform ecr:BatchGetImage/);
  });

  it("of private ECR is denied with both messages if the API denies it and the docker login cannot be read", async () => {
    ecr.handle = (_, response) => {
      exception(response, 400, "AccessDeniedException", "not authorized to perform ecr:BatchGetImage");
    };
    const credentials = () => Promise.reject(new CredentialError("/home/me/.docker/config.json is a folder"));
    const found = await inspect(`${host}/team/app:1`, { credentials });
    assert.ok(!found.ok && found.failure.kind === "denied");
    assert.match(found.failure.message, /not authorized to perform ecr:BatchGetImage; the docker login for/);
    assert.match(found.failure.message, /could not be read: \/home\/me\/\.docker\/config\.json is a folder$/);
  });

  it("of private ECR is read from the mirror that is declared for it", async () => {
    const found = await inspect(`${host}/team/app:1`, { mirrors: { [host]: [registry.host] } });
    assert.equal(found.ok && found.value.digest, mixed.digest);
    assert.equal(ecr.seen.length, 0);
  });

  it("of any other registry is read by the distribution API, whatever its name ends in", async () => {
    const lookalike = `${host}.evil.example`;
    const found = await inspect(`${lookalike}/team/app:1`, { mirrors: { [lookalike]: [registry.host] } });
    assert.ok(found.ok);
    assert.equal(ecr.seen.length, 0);
    assert.equal(registry.requestsTo("/manifests/1").length, 1);
  });

  it("has a layer's first bytes read by the way of its registry", async () => {
    const router = new RegistryImageSource({});
    const signal = new Signal();
    const [layer] = mixed.layers;
    assert.ok(layer !== undefined);
    const downloadUrl = `${registry.url}/v2/team/app/blobs/${layer.digest}`;
    ecr.handle = (_, response) => {
      json(response, { downloadUrl });
    };
    for (const name of [host, registry.host]) {
      const of = { registry: name, repository: "team/app" };
      const bytes = await router.blobStart(of, layer.digest, 4, resolveIdentity(name, {}), signal);
      assert.deepEqual(bytes.ok && Buffer.from(bytes.value), layer.bytes.subarray(0, 4), name);
    }
    assert.equal(ecr.seen.length, 1);
    await router.close();
  });
});
