import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { Inspector } from "../../policypack/inspection/inspector";
import { buildImage, pushImage, pushIndex } from "../../support/registry/images";
import { digestOf } from "../../support/registry/registry";
import { amd64, cachedBench } from "../../support/registry/cached-run";

const gzip = buildImage({ layers: ["gzip"], family: "docker", platform: amd64 });
const mixed = buildImage({ layers: ["gzip", "zstd"], family: "docker", platform: amd64 });

describe("with the cache, an inspection", () => {
  const bench = cachedBench();

  it("fetches a tag by GET once, and then checks it by one HEAD", async () => {
    pushIndex(bench.registry, "app", "1", [mixed]);
    const first = await bench.inspect("app:1");
    assert.deepEqual(bench.asked(), ["GET manifests/1", "GET manifests/<digest>", "GET blobs/<digest>"]);
    for (let run = 0; run < 2; run++) {
      assert.deepEqual(await bench.inspect("app:1"), first);
      assert.deepEqual(bench.asked(), ["HEAD manifests/1"]);
    }
  });

  for (const algorithm of ["sha256", "sha512"]) {
    it(`checks a cached ${algorithm} digest with one HEAD`, async () => {
      pushImage(bench.registry, "app", "1", gzip);
      const digest = digestOf(gzip.manifest, algorithm);
      const first = await bench.inspect(`app@${digest}`);
      assert.deepEqual(bench.asked(), ["GET manifests/<digest>", "GET blobs/<digest>"]);
      assert.deepEqual(await bench.inspect(`app@${digest}`), first);
      assert.deepEqual(await bench.inspect(`app:1@${digest}`), {
        ...first,
        reference: { ...first.reference, tag: "1" },
      });
      assert.deepEqual(bench.asked(), ["HEAD manifests/<digest>", "HEAD manifests/<digest>"]);
    });
  }

  it("checks the digest of an image that was cached by its tag with one HEAD", async () => {
    pushImage(bench.registry, "app", "1", gzip);
    await bench.inspect("app:1");
    bench.asked();
    await bench.inspect(`app@${gzip.digest}`);
    assert.deepEqual(bench.asked(), ["HEAD manifests/<digest>"]);
  });

  it("fetches only the manifest of a pinned index that it has cached", async () => {
    const index = pushIndex(bench.registry, "app", "1", [mixed]);
    await bench.inspect(`app@${index}`);
    bench.asked();
    await bench.inspect(`app@${index}`);
    assert.deepEqual(bench.asked(), ["HEAD manifests/<digest>"]);
  });

  it("requests a digest from each repository", async () => {
    pushImage(bench.registry, "app", "1", gzip);
    await bench.inspect("app:1");
    const elsewhere = await bench.outcome(`other@${gzip.digest}`);
    assert.equal(!elsewhere.ok && elsewhere.failure.kind, "missing");
  });

  it("judges a tag that was pushed again as it is now, and fetches nothing when it is pushed back", async () => {
    pushImage(bench.registry, "app", "1", gzip);
    await bench.inspect("app:1");
    pushImage(bench.registry, "app", "1", mixed);
    bench.asked();
    assert.equal((await bench.inspect("app:1")).digest, mixed.digest);
    assert.deepEqual(bench.asked().slice(0, 2), ["HEAD manifests/1", "GET manifests/1"]);
    pushImage(bench.registry, "app", "1", gzip);
    assert.equal((await bench.inspect("app:1")).digest, gzip.digest);
    assert.deepEqual(bench.asked(), ["HEAD manifests/1"]);
  });

  const heads: [what: string, status: number, headers: Record<string, string>][] = [
    ["knows no HEAD", 405, {}],
    ["does not implement HEAD", 501, {}],
    ["answers HEAD with 404", 404, {}],
    ["denies HEAD", 403, {}],
    ["answers HEAD without a digest", 200, {}],
    ["answers HEAD with something else than a digest", 200, { "docker-content-digest": "sha256:1" }],
    [
      "answers HEAD with another content type",
      200,
      { "docker-content-digest": gzip.digest, "content-type": "text/html" },
    ],
  ];
  const names = [
    ["a tag", "app:1", "manifests/1"],
    ["a digest", `app@${gzip.digest}`, "manifests/<digest>"],
  ] as const;
  for (const [what, status, headers] of heads) {
    it(`falls back to GET if the registry ${what}`, async () => {
      pushImage(bench.registry, "app", "1", gzip);
      await bench.inspect("app:1");
      bench.asked();
      bench.registry.onRequest = (request, response) => {
        if (request.method !== "HEAD") return false;
        response.writeHead(status, headers).end();
        return true;
      };
      assert.equal((await bench.inspect("app:1")).digest, gzip.digest);
      assert.deepEqual(bench.asked(), ["HEAD manifests/1", "GET manifests/1"]);
    });
  }

  for (const [what, name, path] of names) {
    it(`sends no second HEAD for ${what} to a registry that did not answer it`, async () => {
      pushImage(bench.registry, "app", "1", gzip);
      await bench.inspect(name);
      bench.registry.onRequest = (request, response) => {
        if (request.method !== "HEAD") return false;
        response.writeHead(405).end();
        return true;
      };
      bench.asked();
      await bench.inspect(name);
      assert.deepEqual(bench.asked(), [`HEAD ${path}`, `GET ${path}`]);
      await bench.inspect(name);
      assert.deepEqual(bench.asked(), [`GET ${path}`]);
    });

    it(`reports ${what} that is gone as it does without the cache`, async () => {
      pushImage(bench.registry, "app", "1", gzip);
      await bench.inspect(name);
      bench.registry.onRequest = (_, response) => {
        response.writeHead(404, { "content-type": "application/json" });
        response.end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
        return true;
      };
      const cached = await bench.outcome(name);
      assert.equal(!cached.ok && cached.failure.kind, "missing");
      assert.deepEqual(cached, await bench.outcome(name, { cache: false }));
    });

    it(`does not answer ${what} for a registry that cannot be reached`, async () => {
      pushImage(bench.registry, "app", "1", gzip);
      await bench.inspect(name);
      bench.registry.onRequest = (_, response) => {
        response.destroy();
        return true;
      };
      const found = await bench.outcome(name);
      assert.equal(!found.ok && found.failure.kind, "unreachable");
    });
  }

  it("revalidates at the mirror from which it reads", async () => {
    pushImage(bench.registry, "app", "1", gzip);
    const mirrors = { "registry.invalid": [bench.registry.host] };
    const inspect = async () => {
      const inspector = new Inspector({ mirrors, cache: { directory: bench.directory } });
      const found = await inspector.inspect("registry.invalid/app:1", amd64);
      await inspector.close();
      assert.ok(found.ok);
    };
    await inspect();
    await inspect();
    assert.deepEqual(bench.asked(), ["GET manifests/1", "GET blobs/<digest>", "HEAD manifests/1"]);
  });

  it("counts its requests and its cache hits", async () => {
    pushIndex(bench.registry, "app", "1", [gzip]);
    await bench.inspect("app:1");
    const inspector = new Inspector({ cache: { directory: bench.directory } });
    await inspector.inspect(`${bench.registry.host}/app:1`, amd64);
    assert.deepEqual(inspector.statistics, { images: 1, remaining: 0, requests: 1, cacheHits: 2 });
    await inspector.close();
  });

  it("caches nothing by default", async () => {
    pushImage(bench.registry, "app", "1", gzip);
    await bench.inspect("app:1", { cache: false });
    assert.equal(existsSync(join(bench.directory, "images-v1")), false);
  });

  it("keeps what only the owner can read", async function () {
    if (process.platform === "win32") this.skip();
    pushImage(bench.registry, "app", "1", mixed);
    await bench.inspect("app:1");
    assert.equal(statSync(join(bench.directory, "images-v1")).mode & 0o777, 0o700);
    assert.deepEqual(
      bench.files().map((file) => statSync(file).mode & 0o777),
      [0o600],
    );
  });
});
