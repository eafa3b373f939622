import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import type { FailureKind } from "../../policypack/common/outcome";
import { digestOf, sendError, type TestRegistry } from "../../support/registry/registry";
import { assertFails, at, bench, manifest, manifestType, valueOf } from "../../support/registry/client";
import { Signal } from "../../policypack/common/signal";

const bytes = Buffer.from(JSON.stringify(manifest));
const wrongDigest = digestOf("something else");

describe("pulling from a registry", () => {
  const { start, connect } = bench();

  it("gets a manifest by tag and by digest, with its bare media type", async () => {
    const registry = await start();
    const digest = registry.putManifest("team/app", "1.0", `${manifestType}; charset=utf-8`, bytes);
    const client = connect();
    for (const reference of ["1.0", digest, digestOf(bytes, "sha512")]) {
      const fetched = valueOf(await client.manifest(at(registry, "team/app"), reference));
      assert.equal(fetched.mediaType, manifestType);
      assert.equal(fetched.digest, reference.includes(":") ? reference : digest);
      assert.deepEqual(Buffer.from(fetched.bytes), bytes);
    }
    assert.match(registry.log[0]!.headers.accept!, /manifest\.list\.v2\+json.*image\.index\.v1\+json/);
    assert.equal(registry.log[0]!.headers["accept-encoding"], "identity");
    assert.equal(client.requests, 3);
    assert.equal(registry.connections, 1, "connections are kept for reuse");
  });

  it("gets a blob of at most the allowed size", async () => {
    const registry = await start();
    const digest = registry.putBlob("app", "x".repeat(1000));
    const client = connect();
    assert.equal(valueOf(await client.blob(at(registry), digest, 1000)).length, 1000);
    assertFails(await client.blob(at(registry), digest, 999), "malformed", /more than 999 bytes/);
  });

  it("hands on a 200 answer of any content type", async () => {
    const registry = await start();
    registry.onRequest = (_, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<html>");
      return true;
    };
    assert.equal(valueOf(await connect().manifest(at(registry), "1")).mediaType, "text/html");
  });

  it("works over IPv6", async function () {
    let registry: TestRegistry;
    try {
      registry = await start({ address: "::1" });
    } catch {
      console.log("      this machine has no IPv6 loopback");
      this.skip();
    }
    registry.putManifest("app", "1", manifestType, manifest);
    valueOf(await connect().manifest(at(registry), "1"));
  });

  it("reaches names below localhost without DNS", async () => {
    const registry = await start();
    registry.putManifest("app", "1", manifestType, manifest);
    valueOf(await connect().manifest({ registry: `k3d.localhost:${registry.port}`, repository: "app" }, "1"));
  });

  it("shares identical manifest requests in flight, and each caller has its own time limit", async () => {
    const registry = await start();
    const time = new Signal();
    let answer = () => {};
    registry.onRequest = (_, response) => {
      answer = () => response.writeHead(200).end(bytes);
      time.abort();
      return true;
    };
    const client = connect();
    const short = client.manifest(at(registry), "1", time);
    const others = Array.from({ length: 20 }, () => client.manifest(at(registry), "1"));
    assertFails(await short, "timeout", /./);
    answer();
    for (const outcome of others) valueOf(await outcome);
    assert.equal(registry.log.length, 1);
  });

  it("keeps to the limit of concurrent requests for a host", async () => {
    const registry = await start({ latencyMs: 20 });
    const client = connect({ maxConcurrentPerHost: 3 });
    for (let n = 0; n < 20; n++) registry.putManifest(`app${n}`, "1", manifestType, manifest);
    await Promise.all(
      Array.from({ length: 20 }, async (_, n) =>
        valueOf(await client.manifest(at(registry, `app${n}`), "1")),
      ),
    );
    assert.ok(registry.connections <= 3, `${registry.connections} connections`);
  });

  const refusals: readonly (readonly [string, (response: ServerResponse) => void, FailureKind, RegExp])[] = [
    [
      "an unknown tag",
      (r) => {
        sendError(r, 404, "MANIFEST_UNKNOWN", "x");
      },
      "missing",
      /^127\.0\.0\.1:\d+ has no tag 1 in app$/,
    ],
    [
      "an unknown repository",
      (r) => {
        sendError(r, 404, "NAME_UNKNOWN", "x");
      },
      "missing",
      /has no repository app$/,
    ],
    [
      "another 404",
      (r) => r.writeHead(404).end("404 page not found"),
      "missing",
      /has no tag 1 in app, or no such repository/,
    ],
    [
      "a 404 with a web page",
      (r) => r.writeHead(404).end("<html>"),
      "malformed",
      /answered with a web page \(HTTP 404\)/,
    ],
    [
      "a 403",
      (r) => {
        sendError(r, 403, "DENIED", "no way in");
      },
      "denied",
      /without credentials \(HTTP 403\): "no way in"; it does not exist or needs a login/,
    ],
    ["a 401 without a challenge", (r) => r.writeHead(401).end(), "denied", /does not say which kind/],
    [
      "a 401 that offers the unknown",
      (r) => r.writeHead(401, { "www-authenticate": "Negotiate" }).end(),
      "denied",
      /offers logins with negotiate only/,
    ],
    [
      "a 401 without a realm",
      (r) => r.writeHead(401, { "www-authenticate": "Bearer service=x" }).end(),
      "malformed",
      /does not name its token service/,
    ],
    [
      "a 401 for Basic without credentials",
      (r) => r.writeHead(401, { "www-authenticate": "Basic realm=x" }).end(),
      "denied",
      /without credentials/,
    ],
    ["a 204", (r) => r.writeHead(204).end(), "malformed", /with HTTP 204/],
    [
      "a 400",
      (r) => {
        sendError(r, 400, "UNSUPPORTED", "see https://x.example/p?sig=secret");
      },
      "malformed",
      /HTTP 400: "see https:\/\/x\.example\/p"$/,
    ],
    ["a 406", (r) => r.writeHead(406).end(), "unsupported", /cannot read/],
    ["a 501", (r) => r.writeHead(501).end(), "unreachable", /HTTP 501/],
    [
      "a wrong Docker-Content-Digest",
      (r) => r.writeHead(200, { "docker-content-digest": wrongDigest }).end(bytes),
      "malformed",
      /does not match its digest/,
    ],
    [
      "a compressed body",
      (r) => r.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(bytes)),
      "malformed",
      /content encoding gzip/,
    ],
    [
      "an announced size over the bound",
      (r) => {
        r.writeHead(200, { "content-length": 5e6 }).flushHeaders();
      },
      "malformed",
      /more than 4194304 bytes/,
    ],
    [
      "a streamed size over the bound",
      (r) => r.writeHead(200).end(Buffer.alloc(5e6)),
      "malformed",
      /more than 4194304 bytes/,
    ],
    ["no HTTP at all", (r) => r.socket!.end("SSH-2.0-OpenSSH_9.2\r\n"), "malformed", /does not speak HTTP/],
  ];
  for (const [what, answer, kind, words] of refusals) {
    it(`reports ${what} as ${kind}`, async () => {
      const registry = await start();
      registry.onRequest = (_, response) => {
        answer(response);
        return true;
      };
      assertFails(await connect().manifest(at(registry), "1"), kind, words);
    });
  }

  it("ignores an invalid Docker-Content-Digest", async () => {
    const registry = await start();
    registry.onRequest = (_, response) => {
      response.writeHead(200, { "docker-content-digest": "nonsense" }).end(bytes);
      return true;
    };
    assert.equal(valueOf(await connect().manifest(at(registry), "1")).digest, digestOf(bytes));
  });

  it("refuses bytes that do not match the requested digest", async () => {
    const registry = await start();
    registry.onRequest = (_, response) => {
      response.writeHead(200).end(bytes);
      return true;
    };
    const client = connect();
    assertFails(await client.manifest(at(registry), wrongDigest), "malformed", /does not match its digest/);
    assertFails(await client.blob(at(registry), wrongDigest, 1e6), "malformed", /does not match its digest/);
  });

  for (const [registry, repository, reference] of [
    ["127.0.0.1:1", "app", "../../x"],
    ["127.0.0.1:1", "../app", "1"],
    ["127.0.0.1:1", "app", "sha256:abc"],
    ["user@evil", "app", "1"],
    ["host:99999", "app", "1"],
    ["", "app", "1"],
  ] as const) {
    it(`sends no request for the invalid name ${registry}/${repository} ${reference}`, async () => {
      const client = connect();
      assertFails(await client.manifest({ registry, repository }, reference), "invalid-reference", /./);
      assert.equal(client.requests, 0);
    });
  }
});
