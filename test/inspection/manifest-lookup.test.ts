import assert from "node:assert/strict";
import { buildImage, pushImage, pushIndex } from "../../support/registry/images";
import { amd64, arm64, inspectionBench, ociIndex } from "../../support/registry/inspection";

describe("the look-up of a platform in an index", () => {
  const bench = inspectionBench();
  const { inspect, putIndex } = bench;

  it("walks indexes in indexes, and gives up where they are too deep", async () => {
    const image = buildImage({ layers: ["gzip"], family: "oci", platform: amd64 });
    let digest = pushIndex(bench.registry, "app", undefined, [image]);
    for (let depth = 1; depth <= 4; depth++)
      digest = putIndex(`deep${depth}`, [{ mediaType: ociIndex, digest, size: 1 }]);
    assert.ok((await inspect("app:deep3")).ok);
    const tooDeep = await inspect("app:deep4");
    assert.equal(!tooDeep.ok && tooDeep.failure.kind, "malformed");
  });

  it("says which platforms an image has when the wanted one is not among them", async () => {
    pushIndex(bench.registry, "app", "arm", [
      buildImage({ layers: ["gzip"], family: "oci", platform: arm64 }),
    ]);
    const found = await inspect("app:arm");
    assert.deepEqual(found, {
      ok: false,
      failure: {
        kind: "missing",
        message: "it has no manifest for linux/amd64, only for linux/arm64",
        proves: "wrong-platform",
      },
    });
  });

  it("takes the platform of an unlabelled entry from its config", async () => {
    const images = [arm64, amd64].map((platform) =>
      buildImage({ layers: ["gzip"], family: "oci", platform }),
    );
    for (const image of images) pushImage(bench.registry, "app", image.digest.slice(7, 20), image);
    const manifests = images.map(({ digest, mediaType }) => ({ mediaType, digest, size: 1 }));
    putIndex("unlabelled", manifests);
    const found = await inspect("app:unlabelled");
    assert.equal(found.ok && found.value.digest, images[1]!.digest);
  });

  /** What is said of linux/amd64 where an index has these entries. */
  async function refusal(...manifests: readonly object[]) {
    putIndex("1", manifests);
    const found = await inspect("app:1");
    return found.ok ? undefined : [found.failure.proves, found.failure.message];
  }

  function entryFor(platform: object) {
    const { digest, mediaType } = buildImage({ layers: ["gzip"], family: "oci", platform: arm64 });
    return { mediaType, digest, size: 1, platform };
  }

  const notImages: [what: string, entry: () => object][] = [
    [
      "a chart",
      () => {
        const type = "application/vnd.oci.image.manifest.v1+json";
        const blob = (mediaType: string, body: string) => {
          return { mediaType, digest: bench.registry.putBlob("app", body), size: body.length };
        };
        const config = blob("application/vnd.cncf.helm.config.v1+json", '{"name":"chart"}');
        const layers = [blob("application/vnd.cncf.helm.chart.content.v1.tar+gzip", "chart")];
        const chart = { schemaVersion: 2, mediaType: type, config, layers };
        return {
          mediaType: type,
          digest: bench.registry.putManifest("app", undefined, type, chart),
          size: 1,
        };
      },
    ],
    [
      "a layer of a BuildKit cache",
      () => {
        const mediaType = "application/vnd.oci.image.layer.v1.tar+gzip";
        return { mediaType, digest: bench.registry.putBlob("app", "layer"), size: 5 };
      },
    ],
  ];
  for (const [what, entry] of notImages) {
    it(`takes ${what} without a platform for no image of the wanted one`, async () => {
      assert.deepEqual(await refusal(entryFor(arm64), entry()), [
        "wrong-platform",
        "it has no manifest for linux/amd64, only for linux/arm64",
      ]);
    });
  }

  it("names no platform of an entry that names none, and the wanted system where it leaves the system out", async () => {
    assert.deepEqual(await refusal(entryFor({}), entryFor({ architecture: "arm64" })), [
      "wrong-platform",
      "it has no manifest for linux/amd64, only for linux/arm64",
    ]);
  });
});
