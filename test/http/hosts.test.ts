import assert from "node:assert/strict";
import type { LookupFunction } from "node:net";
import { classOfAddress, lookupWithin, reachFrom } from "../../policypack/http/address-rules";
import { hostOf, openNetwork } from "../../policypack/registry/options";
import { ManualClock } from "../../support/mocha/manual-clock";
import { selfSigned } from "../../support/network/certificate";
import { assertFails, at, bench, manifest, manifestType, valueOf } from "../../support/registry/client";

describe("registry hosts", () => {
  const insecure = ["plain.example", "http://Ported.example:5000/", "[2001:db8::1]:5000"];
  const { rules } = openNetwork({ insecureRegistries: insecure });
  for (const [entry, authority, schemes, prefix] of [
    ["docker.io", "registry-1.docker.io", "https", ""],
    ["index.docker.io", "registry-1.docker.io", "https", ""],
    ["ghcr.io", "ghcr.io", "https", ""],
    ["localhost", "localhost", "http,https", ""],
    ["localhost:5000", "localhost:5000", "http,https", ""],
    ["k3d.localhost:5000", "k3d.localhost:5000", "http,https", ""],
    ["127.1.2.3:5000", "127.1.2.3:5000", "http,https", ""],
    ["[::1]:5000", "[::1]:5000", "http,https", ""],
    ["localhost.example:5000", "localhost.example:5000", "https", ""],
    ["10.0.0.1:5000", "10.0.0.1:5000", "https", ""],
    ["plain.example", "plain.example", "https,http", ""],
    ["plain.example:5000", "plain.example:5000", "https", ""],
    ["PORTED.example:5000", "PORTED.example:5000", "https,http", ""],
    ["[2001:db8::1]:5000", "[2001:db8::1]:5000", "https,http", ""],
    ["https://mirror.example/a/b/", "mirror.example", "https", "a/b"],
  ] as const) {
    it(`such as ${entry} are reached at ${authority} by ${schemes}`, () => {
      const host = hostOf(entry, rules);
      assert.deepEqual(
        [host?.authority, host?.schemes.join(","), host?.prefix],
        [authority, schemes, prefix],
      );
    });
  }

  for (const entry of [
    "",
    "a b",
    "user@host",
    "host:port",
    "host:99999",
    "host?x",
    "host#x",
    "[::1",
    "::1",
  ]) {
    it(`of ${JSON.stringify(entry)} do not exist`, () => {
      assert.equal(hostOf(entry, rules), undefined);
    });
  }

  it("have addresses of a class", () => {
    for (const [address, expected] of [
      ["8.8.8.8", "public"],
      ["2606:4700::1", "public"],
      ["64:ff9b::808:808", "public"],
      ["64:ff9b::a00:1", "private"],
      ["::ffff:10.0.0.1", "private"],
      ["172.31.255.255", "private"],
      ["172.32.0.0", "public"],
      ["100.64.0.1", "private"],
      ["fd00:ec2::254", "local-link"],
      ["fd12::1", "private"],
      ["0.0.0.0", "loopback"],
      ["::", "loopback"],
      ["169.254.170.2", "local-link"],
      ["fd00:ec2::23", "local-link"],
      ["168.63.129.16", "local-link"],
      ["168.63.129.17", "public"],
      ["192.0.0.192", "local-link"],
      ["192.0.0.1", "private"],
      ["240.0.0.1", "private"],
      ["2002:a00:1::1", "private"],
      ["2002:808:808::1", "public"],
      ["::a9fe:a9fe", "local-link"],
      ["64:ff9b:1::808:808", "private"],
      ["64:ff9b:1::a9fe:a9fe", "local-link"],
      ["64:ff9b:1:a9fe:a9:fe00::", "local-link"],
      ["64:ff9b:1:808:8:800::", "private"],
      ["64:ff9b:1:fffe::169.254.169.254", "local-link"],
      ["64:ff9b:1:fffe::8.8.8.8", "private"],
      ["64:ff9b::169.254.169.254", "local-link"],
      ["64:ff9b::7f00:1", "loopback"],
      ["::ffff:0:169.254.169.254", "local-link"],
      ["::ffff:0:10.0.0.1", "private"],
      ["::ffff:0:8.8.8.8", "public"],
      ["::ffff:169.254.169.254", "local-link"],
      ["::127.0.0.1", "loopback"],
      ["2001:0:4136:e378:8000:63bf:5601:5601", "local-link"],
      ["2001:0:4136:e378:8000:63bf:f5ff:fffe", "private"],
      ["2001:0:4136:e378:8000:63bf:f7f7:f7f7", "public"],
      ["2002:a9fe:a9fe::1", "local-link"],
      ["2606:4700::5efe:a9fe:a9fe", "local-link"],
      ["2606:4700::200:5efe:10.0.0.1", "private"],
      ["fe80::1%eth0", "local-link"],
    ] as const)
      assert.equal(classOfAddress(address), expected, address);
  });

  it("resolve by DNS only to addresses within reach", async () => {
    const find = (hostname: string, addresses: readonly string[], reach?: "public" | "private") =>
      new Promise((resolve) => {
        const dns: LookupFunction = (asked, _, callback) => {
          assert.equal(asked, hostname.endsWith("localhost") ? "localhost" : hostname);
          callback(
            null,
            addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
          );
        };
        lookupWithin(reach, dns)(hostname, { all: true }, (error) => {
          resolve(error?.code ?? "found");
        });
      });
    assert.equal(await find("x.example", ["8.8.8.8", "2606:4700::1"], "public"), "found");
    assert.equal(await find("x.example", ["8.8.8.8", "127.0.0.1"], "public"), "OUT_OF_REACH");
    assert.equal(await find("x.example", ["10.0.0.1"], "public"), "OUT_OF_REACH");
    assert.equal(await find("x.example", ["10.0.0.1"], "private"), "found");
    assert.equal(await find("x.example", ["169.254.169.254"], "private"), "OUT_OF_REACH");
    assert.equal(await find("x.example", ["10.0.0.1"]), "found");
    assert.equal(await find("k3d.localhost", ["127.0.0.1"]), "found");
  });

  it("may name addresses as internal as their most public one", async () => {
    assert.equal(await reachFrom("localhost"), "loopback");
    assert.equal(await reachFrom("[fd00::1]"), "private");
    assert.equal(await reachFrom("registry.invalid"), "public");
  });
});

describe("schemes", () => {
  const { start, connect } = bench();
  let tls: { key: string; cert: string };
  before(function () {
    const made = selfSigned();
    if (made === undefined) {
      assert.equal(process.env["CI"], undefined, "openssl is needed");
      console.log("      openssl is needed to make a certificate");
      this.skip();
    } else tls = made;
  });

  it("change to https if a loopback registry speaks only that, once for all requests", async () => {
    const registry = await start({ tls, access: { mode: "bearer" } });
    for (const name of ["a", "b", "c"]) registry.putManifest(name, "1", manifestType, manifest);
    const client = connect();
    for (const name of ["a", "b", "c"]) valueOf(await client.manifest(at(registry, name), "1"));
    // The plain attempt, then: 401, and a token and a manifest for each.
    assert.equal(client.requests, 1 + 1 + 3 * 2);
  });

  it("change to https if a loopback registry answers that it needs it", async () => {
    const registry = await start();
    registry.onRequest = (_, response) => {
      response.writeHead(400).end("Client sent an HTTP request to an HTTPS server.\n");
      return true;
    };
    assertFails(await connect().manifest(at(registry), "1"), "malformed", /HTTP 400/);
    assert.equal(registry.connections, 2);
  });
});

describe("mirrors", () => {
  const { start, connect } = bench();

  it("are queried first, in their order, each with its own credentials and path", async () => {
    const [origin, empty, full] = [await start(), await start(), await start()];
    full.access = { mode: "basic", username: "m", password: "m" };
    full.putManifest("hub/library/app", "1", manifestType, imageManifest);
    const asked: string[] = [];
    const client = connect({
      mirrors: { [origin.host]: [empty.host, `${full.host}/hub`] },
      credentials: (registry, repository) => {
        asked.push(`${registry}/${repository}`);
        return Promise.resolve({ username: "m", password: "m" });
      },
    });
    valueOf(await client.manifest(at(origin, "library/app"), "1"));
    assert.deepEqual([empty.log.length, full.log.length, origin.log.length], [1, 2, 0]);
    assert.deepEqual(asked, [`${full.host}/hub/library/app`]);
  });

  it("that fail leave the verdict to the origin, and are skipped while they are down", async () => {
    const [origin, wrong, down] = [await start(), await start(), await start()];
    wrong.onRequest = (_, response) => {
      response.writeHead(200, { "docker-content-digest": `sha256:${"0".repeat(64)}` }).end("{}");
      return true;
    };
    await down.stop();
    const client = connect({ mirrors: { [origin.host]: ["no host", down.host, wrong.host] } });
    assertFails(await client.manifest(at(origin), "1"), "missing", new RegExp(`^${origin.host} has no`));
    const before = client.requests;
    assertFails(await client.manifest(at(origin), "2"), "missing", /has no/);
    assert.equal(client.requests - before, 2);
  });

  const imageManifest = '{"schemaVersion":2,"config":{},"layers":[]}';
  for (const [what, type, body] of [
    ["a web page", "text/html", "<!doctype html><title>Sign in</title>"],
    ["a web page as a manifest", manifestType, "<!doctype html><title>Sign in</title>"],
    ["JSON of another kind", "application/json", "{}"],
    ["a half manifest", manifestType, '{"schemaVersion":2,"config":{'],
    ["nothing", manifestType, ""],
    ["a manifest of another type", "text/plain", imageManifest],
  ] as const)
    it(`that answer with ${what} leave the verdict to the origin`, async () => {
      const [origin, mirror] = [await start(), await start()];
      mirror.onRequest = (_, response) => {
        response.writeHead(200, { "content-type": type }).end(body);
        return true;
      };
      const digest = origin.putManifest("app", "1", manifestType, imageManifest);
      const client = connect({ mirrors: { [origin.host]: [mirror.host] } });
      const found = await client.manifest(at(origin), "1");
      assert.ok(found.ok, JSON.stringify(found));
      assert.equal(found.value.digest, digest);
      assert.equal(mirror.log.length, 1);
    });

  it("that were down are tried again after a minute", async () => {
    const [origin, down] = [await start(), await start()];
    await down.stop();
    const clock = new ManualClock();
    const client = connect({ mirrors: { [origin.host]: [down.host] }, clock });
    const requests = async (tag: string) => {
      const before = client.requests;
      assertFails(await client.manifest(at(origin), tag), "missing", /has no/);
      return client.requests - before;
    };
    // Over http and over https, as every loopback registry that refuses connections.
    assert.equal(await requests("1"), 2 + 1);
    await clock.pass(59_999);
    assert.equal(await requests("2"), 1);
    await clock.pass(1);
    assert.equal(await requests("3"), 2 + 1);
  });
});
