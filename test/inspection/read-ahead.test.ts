import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { Inspector, type InspectorOptions } from "../../policypack/inspection/inspector";
import { formatPlatform, parsePlatform } from "../../policypack/oci/platform";
import { parseReference } from "../../policypack/oci/reference";
import { amd64, cachedBench } from "../../support/registry/cached-run";
import { buildImage, type ImageSpec, pushImage, pushIndex } from "../../support/registry/images";

const good: ImageSpec = { layers: ["gzip", "gzip"], family: "oci", platform: amd64 };
const mixed: ImageSpec = { ...good, layers: ["gzip", "zstd"], family: "docker" };

describe("an image that was read from the cache ahead", () => {
  const bench = cachedBench();
  const push = {
    index: (spec: ImageSpec = good) => pushIndex(bench.registry, "app", "1", [buildImage(spec)]),
    plain: (spec: ImageSpec = good) => pushImage(bench.registry, "app", "1", buildImage(spec)),
  };
  const name = "app:1";

  /** A run that reads the image ahead, then does something, and then requests it. */
  async function run({
    then = () => {},
    platform = amd64,
    ...options
  }: InspectorOptions & { then?: () => unknown; platform?: typeof amd64 } = {}) {
    bench.asked();
    const inspector = new Inspector({ cache: { directory: bench.directory }, ...options });
    try {
      const image = `${bench.registry.host}/${name}`;
      await inspector.readAhead([{ reference: parseReference(image), platform: amd64 }]);
      const ahead = bench.asked();
      const { cacheHits: before } = inspector.statistics;
      then();
      const inspection = await inspector.inspect(image, platform);
      return { ahead, before, inspection, asked: bench.asked(), hits: inspector.statistics.cacheHits };
    } finally {
      await inspector.close();
    }
  }

  for (const [kind, spec, hits] of [
    ["index", good, 2],
    ["index", mixed, 3],
    ["plain", good, 2],
    ["plain", mixed, 2],
  ] as const)
    it(`is the same as without that: ${kind} of ${spec.layers.join(" and ")}`, async () => {
      push[kind](spec);
      const first = await bench.outcome(name);
      const plain = await bench.outcome(name);
      const { ahead, before, inspection, asked, hits: read } = await run();
      assert.deepEqual(inspection, plain);
      assert.deepEqual(inspection, first);
      assert.deepEqual([ahead, before], [[], 0]);
      assert.deepEqual(asked, ["HEAD manifests/1"]);
      assert.equal(read, hits);
    });

  it("counts only if its registry says that the tag still names it", async () => {
    push.index();
    await bench.inspect(name);
    const { inspection, asked } = await run({ then: () => push.index(mixed) });
    assert.ok(inspection.ok);
    assert.deepEqual(
      inspection.value.layers.map(({ compression }) => compression),
      ["gzip", "zstd"],
    );
    assert.equal(asked[0], "HEAD manifests/1");
  });

  it("does not hide that the image was deleted", async () => {
    push.index();
    await bench.inspect(name);
    const gone = () => {
      bench.registry.onRequest = (_, response) => {
        response.writeHead(404, { "content-type": "application/json" });
        response.end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
        return true;
      };
    };
    const { inspection } = await run({ then: gone });
    assert.equal(!inspection.ok && inspection.failure.kind, "missing");
  });

  it("is not taken for its other platform", async () => {
    const platforms = ["linux/amd64", "linux/arm64"].map((text) => parsePlatform(text));
    const [, arm] = platforms;
    assert.ok(arm !== undefined);
    const images = platforms.map((platform) =>
      buildImage({ ...good, platform, content: formatPlatform(platform) }),
    );
    pushIndex(bench.registry, "app", "1", images);
    await bench.inspect(name);
    const { inspection } = await run({ platform: arm });
    assert.equal(inspection.ok && inspection.value.digest, images[1]?.digest);
  });

  it("is read by its names again if layers are to be looked at", async () => {
    push.index();
    await bench.inspect(name);
    const { asked } = await run({ sniffLayers: true });
    assert.ok(asked.filter((request) => request === "GET blobs/<digest>").length >= 2, asked.join());
  });

  it("is held until its registry confirms it, though the cache is gone by then", async () => {
    push.index(mixed);
    const first = await bench.outcome(name);
    const gone = () => {
      rmSync(bench.directory, { recursive: true, force: true });
    };
    const { inspection, asked } = await run({ then: gone });
    assert.deepEqual(inspection, first);
    assert.deepEqual(asked, ["HEAD manifests/1"]);
  });

  it("is requested as usual if the cache lacks a part of it", async () => {
    push.index();
    bench.registry.onRequest = (request, response) => {
      const isChild = request.url?.includes("manifests/sha256") === true;
      if (isChild) response.writeHead(403).end();
      return isChild;
    };
    assert.equal((await bench.outcome(name)).ok, false);
    bench.registry.onRequest = undefined;
    const { inspection, asked } = await run();
    assert.equal(inspection.ok, true);
    assert.deepEqual(asked, ["HEAD manifests/1", "GET manifests/<digest>"]);
  });

  it("never fails, whatever the name is", async () => {
    const inspector = new Inspector({ cache: { directory: "/dev/null/none" } });
    try {
      await inspector.readAhead([
        { reference: parseReference("app@sha256:" + "a".repeat(64)), platform: amd64 },
      ]);
    } finally {
      await inspector.close();
    }
    assert.deepEqual(bench.registry.log, []);
  });
});
