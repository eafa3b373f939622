import assert from "node:assert/strict";
import { selfSigned } from "../../support/network/certificate";
import { TestProxy, useProxyEnvironment } from "../../support/network/proxy";
import { at, bench, manifest, manifestType, valueOf, runsByItself } from "../../support/registry/client";

const login = { username: "u", password: "p" };

describe("HTTP/2", () => {
  const { start, connect } = bench();
  const setEnvironment = useProxyEnvironment();
  const tls = selfSigned();
  before(function () {
    if (tls === undefined) this.skip();
  });
  const secure = () => {
    assert.ok(tls);
    return { tls };
  };
  const versions = (registry: Awaited<ReturnType<typeof start>>) =>
    new Set(registry.log.map(({ headers }) => (":path" in headers ? "2" : "1.1")));

  it("is spoken where a registry chooses it, on one connection for all its images", async () => {
    const registry = await start({ ...secure(), http2: true, latencyMs: 10, access: { mode: "bearer" } });
    const names = Array.from({ length: 200 }, (_, n) => `app${n}`);
    for (const name of names) registry.putManifest(name, "1", manifestType, manifest);
    const client = connect();
    const outcomes = await Promise.all(names.map((name) => client.manifest(at(registry, name), "1")));
    for (const outcome of outcomes) valueOf(outcome);
    assert.deepEqual([...versions(registry)], ["2"]);
    // One more tried plain http first.
    assert.equal(registry.connections, 2);
    assert.equal(registry.requestsTo("/token").length, 200);
  });

  it("is not spoken where a registry chooses HTTP/1.1, which costs no connection more", async () => {
    const registry = await start(secure());
    registry.putManifest("app", "1", manifestType, manifest);
    const client = connect();
    for (let n = 0; n < 3; n++) valueOf(await client.manifest(at(registry), "1"));
    assert.deepEqual([...versions(registry)], ["1.1"]);
    assert.equal(registry.connections, 2);
  });

  it("is spoken through a proxy's tunnel", async () => {
    const registry = await start({ ...secure(), http2: true });
    registry.putManifest("app", "1", manifestType, manifest);
    const proxy = await TestProxy.start(registry.port);
    try {
      setEnvironment({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` });
      const client = connect({ insecureRegistries: ["registry.test"] });
      for (let n = 0; n < 3; n++)
        valueOf(await client.manifest({ registry: "registry.test", repository: "app" }, "1"));
      assert.deepEqual(proxy.asked, ["CONNECT registry.test:443"]);
      assert.deepEqual([...versions(registry)], ["2"]);
    } finally {
      await proxy.stop();
    }
  });

  it("is spoken with each origin that a redirect leads to, without the credentials of the one before", async () => {
    const [registry, storage] = [
      await start({ ...secure(), http2: true, access: { mode: "basic", ...login } }),
      await start({ ...secure(), http2: true }),
    ];
    const digest = storage.putBlob("app", "{}");
    registry.onRequest = (request, response) => {
      if (request.headers.authorization === undefined) return false;
      response.writeHead(307, { location: `${storage.url}${request.url}` }).end();
      return true;
    };
    const client = connect({ credentials: () => Promise.resolve(login) });
    valueOf(await client.blob(at(registry), digest, 10));
    assert.deepEqual([...versions(storage)], ["2"]);
    assert.equal(storage.log[0]?.authorization, undefined);
  });

  it("does not keep the process alive while its session idles", async () => {
    const registry = await start({ ...secure(), http2: true });
    for (let n = 0; n < 30; n++) registry.putManifest(`app${n}`, "1", manifestType, manifest);
    const program = `
      const client = new RegistryClient();
      const { signal } = new AbortController();
      const pulls = Array.from({ length: 30 }, (_, n) =>
        client.manifest({ registry: ${JSON.stringify(registry.host)}, repository: "app" + n }, "1", signal));
      Promise.all(pulls).then((outcomes) => console.log(outcomes.filter((one) => one.ok).length));`;
    assert.deepEqual(await runsByItself(program), [0, "30\n"]);
    assert.deepEqual([...versions(registry)], ["2"]);
  });
});
