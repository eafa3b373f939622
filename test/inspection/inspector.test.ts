import assert from "node:assert/strict";
import { Inspector } from "../../policypack/inspection/inspector";
import { parseReference } from "../../policypack/oci/reference";
import { buildImage, pushImage, pushIndex } from "../../support/registry/images";
import { amd64, inspectionBench, ociIndex } from "../../support/registry/inspection";

describe("an inspection", () => {
  const bench = inspectionBench();
  const { inspect } = bench;

  it("returns the layers with their compression, and the config if it matters", async () => {
    pushImage(bench.registry, "app", "plain", buildImage({ layers: ["gzip", "none"], family: "docker" }));
    pushIndex(bench.registry, "app", "index", [
      buildImage({ layers: ["gzip"], family: "oci", platform: amd64 }),
    ]);
    pushIndex(bench.registry, "app", "mixed", [
      buildImage({ layers: ["gzip", "zstd"], family: "oci", platform: amd64 }),
    ]);
    const plain = await inspect("app:plain");
    assert.ok(plain.ok);
    assert.deepEqual(
      plain.value.layers.map(({ compression }) => compression),
      ["gzip", "none"],
    );
    // Nothing but its config tells for which platform a manifest without an index is.
    assert.equal(plain.value.config?.architecture, "amd64");
    const requests = bench.registry.log.length;
    const indexed = await inspect("app:index");
    assert.equal(indexed.ok && indexed.value.config, null);
    assert.equal(bench.registry.log.length, requests + 2);
    const mixed = await inspect("app:mixed");
    assert.equal(mixed.ok && mixed.value.config?.rootfs.diffIds?.length, 2);
  });

  it("counts a prefetched image when it is first used, and sends no second request for it", async () => {
    pushImage(bench.registry, "app", "1", buildImage({ layers: ["gzip"], family: "docker" }));
    const anticipate = (name: string) =>
      bench.inspector.anticipate(parseReference(`${bench.registry.host}/${name}`), amd64);
    const working = anticipate("app:1");
    assert.deepEqual([bench.inspector.statistics.images, bench.inspector.statistics.remaining], [0, 0]);
    const asked = inspect("app:1");
    assert.deepEqual([bench.inspector.statistics.images, bench.inspector.statistics.remaining], [1, 1]);
    await Promise.all([working, asked]);
    assert.deepEqual(bench.inspector.statistics, { images: 1, remaining: 0, requests: 2, cacheHits: 0 });
    await anticipate("app:1");
    assert.equal(bench.inspector.statistics.requests, 2);
  });

  it("fetches an image again that was missing when it was prefetched", async () => {
    await bench.inspector.anticipate(parseReference(`${bench.registry.host}/app:1`), amd64);
    pushImage(bench.registry, "app", "1", buildImage({ layers: ["gzip"], family: "docker" }));
    assert.equal((await inspect("app:1")).ok, true);
  });

  it("fetches a tag again that was forgotten, but not if the registry did not respond", async () => {
    const built = (["gzip", "zstd"] as const).map((layer) =>
      buildImage({ layers: [layer], family: "docker" }),
    );
    const digestNow = async () => {
      const found = await inspect("app:1");
      return found.ok ? found.value.digest : found.failure.message;
    };
    const forget = (name: string) => {
      bench.inspector.forget(parseReference(name), amd64);
    };
    for (const image of built) {
      const pushed = pushImage(bench.registry, "app", "1", image);
      forget(`${bench.registry.host}/app:1`);
      assert.equal(await digestNow(), pushed);
      assert.equal(await digestNow(), pushed);
    }
    const dead = () => bench.inspector.inspect("127.0.0.1:1/app:1", amd64);
    const unreachable = await dead();
    forget("127.0.0.1:1/app:1");
    assert.equal(await dead(), unreachable);
  });

  it("reads the bytes of layers if sniffLayers is set", async () => {
    const gzip = "application/vnd.oci.image.layer.v1.tar+gzip";
    const image = buildImage({
      layers: ["gzip", "zstd", "none"],
      family: "oci",
      mediaTypes: [gzip, gzip, gzip],
    });
    pushImage(bench.registry, "app", "lie", image);
    const credulous = await inspect("app:lie");
    assert.deepEqual(credulous.ok && credulous.value.layers.map(({ compression }) => compression), [
      "gzip",
      "gzip",
      "gzip",
    ]);
    const sniffing = new Inspector({ sniffLayers: true });
    const found = await sniffing.inspect(`${bench.registry.host}/app:lie`, amd64);
    assert.deepEqual(found.ok && found.value.layers.map(({ compression, bytes }) => [compression, bytes]), [
      ["gzip", "gzip"],
      ["zstd", "zstd"],
      ["none", "none"],
    ]);
    await sniffing.close();
  });

  const page = `<!DOCTYPE html><html>${" ".repeat(600)}</html>`;
  for (const [what, status, headers, body, says] of [
    ["an empty answer", 200, {}, "", /sent 0 of the first \d+ bytes of a layer/],
    ["the answer that the layer is empty", 416, { "content-range": "bytes */0" }, "", /sent 0 of/],
    ["an answer that is too short", 200, {}, "{}", /sent 2 of/],
    ["a web page", 200, { "content-type": "text/html" }, page, /a web page, not as a registry/],
    ["a web page without a type", 200, {}, page, /a web page, not as a registry/],
  ] as const)
    it(`has not read a layer if sniffLayers is set and the registry sends ${what}`, async () => {
      const image = buildImage({ layers: ["gzip"], family: "oci" });
      pushImage(bench.registry, "app", "1", image);
      bench.registry.onRequest = ({ url = "" }, response) => {
        if (!url.includes(image.layers[0]?.digest ?? "none")) return false;
        response.writeHead(status, headers).end(body);
        return true;
      };
      const sniffing = new Inspector({ sniffLayers: true });
      const found = await sniffing.inspect(`${bench.registry.host}/app:1`, amd64);
      await sniffing.close();
      assert.ok(found.ok);
      assert.deepEqual(
        found.value.layers.map(({ bytes }) => bytes),
        [undefined],
      );
      assert.deepEqual(
        found.value.unread.map(({ part }) => part),
        ["layer 1"],
      );
      assert.match(found.value.unread[0]?.message ?? "", says);
    });

  it("keeps its verdict if the config of a mixed image cannot be read", async () => {
    pushImage(bench.registry, "app", "mixed", buildImage({ layers: ["gzip", "zstd"], family: "docker" }));
    bench.registry.onRequest = (request, response) => {
      if (!request.url?.includes("/blobs/")) return false;
      response.writeHead(404).end();
      return true;
    };
    const mixed = await inspect("app:mixed");
    assert.ok(mixed.ok);
    assert.equal(mixed.value.layers.length, 2);
    assert.equal(mixed.value.config, null);
  });

  it("lets the digest win over the tag beside it", async () => {
    const digest = pushImage(
      bench.registry,
      "app",
      "good",
      buildImage({ layers: ["gzip"], family: "docker" }),
    );
    pushImage(bench.registry, "app", "other", buildImage({ layers: ["gzip", "zstd"], family: "docker" }));
    const found = await inspect(`app:other@${digest}`);
    assert.equal(found.ok && found.value.digest, digest);
  });

  it("requests an image once if several names mean it", async () => {
    pushImage(bench.registry, "app", "latest", buildImage({ layers: ["gzip"], family: "docker" }));
    await Promise.all([inspect("app"), inspect("app:latest"), inspect("app:latest")]);
    assert.equal(bench.registry.requestsTo("/manifests/").length, 1);
  });

  const answers: [what: string, body: string, type: string, kind: string][] = [
    ["a web page", "<html>login</html>", "text/html", "malformed"],
    ["nothing", "", "application/json", "malformed"],
    ["JSON of another kind", "[1,2]", ociIndex, "malformed"],
    ["a schema 1 manifest", '{"schemaVersion":1,"fsLayers":[]}', "application/json", "unsupported"],
  ];
  for (const [what, body, type, kind] of answers) {
    it(`calls ${what} ${kind}`, async () => {
      bench.registry.onRequest = (_, response) => {
        response.writeHead(200, { "content-type": type }).end(body);
        return true;
      };
      const found = await inspect("app:1");
      assert.equal(!found.ok && found.failure.kind, kind);
    });
  }

  it("times out if a registry never answers", async () => {
    bench.registry.onRequest = () => true;
    const impatient = new Inspector({ imageTimeoutMs: 200 });
    const found = await impatient.inspect(`${bench.registry.host}/app:1`, amd64);
    assert.equal(!found.ok && found.failure.kind, "timeout");
    await impatient.close();
  });
});
