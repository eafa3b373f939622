import assert from "node:assert/strict";
import { Inspector } from "../policypack/inspector";
import { buildImage } from "./support/images";
import { TestRegistry } from "./support/registry";

const amd64 = { os: "linux", architecture: "amd64" };
const arm64 = { os: "linux", architecture: "arm64" };
const ociIndex = "application/vnd.oci.image.index.v1+json";

describe("the look-up of a platform in an index", () => {
  let registry: TestRegistry;
  let inspector: Inspector;

  beforeEach(async () => {
    registry = await TestRegistry.start();
    inspector = new Inspector();
  });
  afterEach(async () => {
    await inspector.close();
    await registry.stop();
  });

  /** What is said of linux/amd64 where an index has these entries. */
  async function refusal(...manifests: readonly object[]) {
    registry.putManifest("app", "1", ociIndex, { schemaVersion: 2, mediaType: ociIndex, manifests });
    const found = await inspector.inspect(`${registry.host}/app:1`, amd64);
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
          return { mediaType, digest: registry.putBlob("app", body), size: body.length };
        };
        const config = blob("application/vnd.cncf.helm.config.v1+json", '{"name":"chart"}');
        const layers = [blob("application/vnd.cncf.helm.chart.content.v1.tar+gzip", "chart")];
        const chart = { schemaVersion: 2, mediaType: type, config, layers };
        return { mediaType: type, digest: registry.putManifest("app", undefined, type, chart), size: 1 };
      },
    ],
    [
      "a layer of a BuildKit cache",
      () => {
        const mediaType = "application/vnd.oci.image.layer.v1.tar+gzip";
        return { mediaType, digest: registry.putBlob("app", "layer"), size: 5 };
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
