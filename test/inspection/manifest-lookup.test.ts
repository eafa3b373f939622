import assert from "node:assert/strict";
import { buildImage, pushImage, pushIndex } from "../../support/registry/images";
import { amd64, arm64, inspectionBench } from "../../support/registry/inspection";

describe("choosing a platform in an index", () => {
  const bench = inspectionBench();
  const { inspect, putIndex } = bench;

  it("follows indexes in indexes as deep as runtimes do, up to 32", async () => {
    const image = buildImage({ layers: ["gzip"], family: "oci", platform: amd64 });
    let digest = pushIndex(bench.registry, "app", undefined, [image]);
    for (let depth = 1; depth <= 33; depth++) digest = putIndex(`deep${depth}`, [bench.entryOf(digest)]);
    assert.ok((await inspect("app:deep6")).ok);
    const tooDeep = await inspect("app:deep33");
    assert.equal(!tooDeep.ok && tooDeep.failure.kind, "malformed");
  });

  it("fails with the platforms that the image has if the requested one is not among them", async () => {
    pushIndex(bench.registry, "app", "arm", [
      buildImage({ layers: ["gzip"], family: "oci", platform: arm64 }),
    ]);
    const found = await inspect("app:arm");
    assert.ok(!found.ok);
    const { fix, ...failure } = found.failure;
    assert.deepEqual(failure, {
      kind: "missing",
      message: "it has no manifest for linux/amd64, only for linux/arm64",
      proves: "wrong-platform",
    });
    assert.match(fix ?? "", /^build the image for linux\/amd64 too .* set the runtimePlatform/);
    assert.ok(found.predictions?.every(({ pulls, manifest }) => !pulls && manifest === null));
  });

  it("takes the first entry without a platform, and no second one, as runtimes do", async () => {
    const images = [arm64, amd64].map((platform) =>
      buildImage({ layers: ["gzip"], family: "oci", platform }),
    );
    for (const image of images) pushImage(bench.registry, "app", image.digest.slice(7, 20), image);
    putIndex(
      "unlabelled",
      images.map(({ digest }) => bench.entryOf(digest)),
    );
    const found = await inspect("app:unlabelled");
    assert.equal(found.ok && found.value.digest, images[0]!.digest);
    const outcomes = found.ok ? found.value.predictions : [];
    const byRuntime = Object.fromEntries(outcomes.map(({ runtime, pulls }) => [runtime, pulls]));
    assert.equal(byRuntime["containerd-1.7"], false);
    assert.equal(byRuntime["dockerd-23"], true);
  });

  it("reads the config of an entry without a platform, also if the same manifest has a platform elsewhere", async () => {
    const image = buildImage({ layers: ["gzip"], family: "oci", platform: arm64 });
    pushImage(bench.registry, "app", undefined, image);
    const inner = putIndex(undefined, [bench.entryOf(image.digest)]);
    putIndex("twice", [
      { ...bench.entryOf(inner), platform: { ...amd64, variant: "v2" } },
      { ...bench.entryOf(image.digest), platform: amd64 },
    ]);
    const found = await inspect("app:twice");
    const outcomes = found.ok ? found.value.predictions : [];
    const store = outcomes.filter(({ runtime }) => runtime === "dockerd-29-containerd-store");
    assert.ok(store.length > 0 && store.every(({ pulls }) => !pulls));
  });

  /** What is said of linux/amd64 where an index has these entries. */
  async function refusal(...manifests: readonly object[]) {
    putIndex("1", manifests);
    const found = await inspect("app:1");
    return found.ok ? undefined : [found.failure.proves, found.failure.message];
  }

  function entryFor(platform: object) {
    const image = buildImage({ layers: ["gzip"], family: "oci", platform: arm64 });
    pushImage(bench.registry, "app", "arm", image);
    return { ...bench.entryOf(image.digest), platform };
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
        return bench.entryOf(bench.registry.putManifest("app", undefined, type, chart));
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
    it(`does not take ${what} without a platform for an image of the task`, async () => {
      assert.deepEqual(await refusal(entryFor(arm64), entry()), [
        "wrong-platform",
        "it has no manifest for linux/amd64, only for linux/arm64",
      ]);
    });
  }

  it("fails without the platform of an entry that has none, and with the requested system if an entry leaves it out", async () => {
    assert.deepEqual(await refusal(entryFor({ os: "linux" }), entryFor({ architecture: "arm64" })), [
      "wrong-platform",
      "it has no manifest for linux/amd64, only for linux/arm64",
    ]);
  });
});
