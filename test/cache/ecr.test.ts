import assert from "node:assert/strict";
import { Inspector } from "../../policypack/inspection/inspector";
import { dummyKeys, FakeEcr, json, useAwsEnvironment } from "../../support/aws/fake-ecr";
import { buildImage } from "../../support/registry/images";
import { amd64, cachedBench } from "../../support/registry/cached-run";

const host = "123456789012.dkr.ecr.eu-west-3.amazonaws.com";
const mixed = buildImage({ layers: ["gzip", "zstd"], family: "docker" });

describe("with the cache, an image of private ECR", () => {
  const bench = cachedBench();
  const ecr = new FakeEcr();
  before(() => ecr.start());
  useAwsEnvironment(() => ({ ...dummyKeys, AWS_ENDPOINT_URL_ECR: ecr.url, AWS_MAX_ATTEMPTS: "1" }));
  after(() => ecr.stop());

  beforeEach(() => {
    ecr.seen.length = 0;
    const blob = bench.registry.putBlob("team/app", mixed.config.bytes);
    ecr.handle = (seen, response) => {
      if (seen.what !== "BatchGetImage") {
        json(response, { downloadUrl: `${bench.registry.url}/v2/team/app/blobs/${blob}` });
        return;
      }
      const imageId = { imageTag: "1", imageDigest: mixed.digest };
      const imageManifest = Buffer.from(mixed.manifest).toString("utf8");
      json(response, { images: [{ imageId, imageManifest, imageManifestMediaType: mixed.mediaType }] });
    };
  });

  /** The calls that a run of its own makes. */
  async function calls(image: string): Promise<string[]> {
    const inspector = new Inspector({ cache: { directory: bench.directory } });
    const found = await inspector.inspect(`${host}/${image}`, amd64);
    assert.equal(found.ok && found.value.config?.rootfs.diffIds?.length, 2);
    const seen = ecr.seen.splice(0).map(({ what }) => what);
    assert.equal(inspector.statistics.requests, seen.length + bench.asked().length);
    await inspector.close();
    return seen;
  }

  it("costs one call, by tag and by a digest that is known", async () => {
    assert.deepEqual(await calls("team/app:1"), ["BatchGetImage", "GetDownloadUrlForLayer"]);
    assert.deepEqual(await calls("team/app:1"), ["BatchGetImage"]);
    assert.deepEqual(await calls(`team/app@${mixed.digest}`), ["BatchGetImage"]);
  });
});
