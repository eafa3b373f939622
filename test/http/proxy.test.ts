import assert from "node:assert/strict";
import { proxyFor } from "../../policypack/http/proxy-env";
import { selfSigned } from "../../support/network/certificate";
import { eventually } from "../../support/mocha/eventually";
import { SkippingClock } from "../../support/mocha/skipping-clock";
import { TestProxy, useProxyEnvironment } from "../../support/network/proxy";
import { assertFails, at, bench, manifest, manifestType, valueOf } from "../../support/registry/client";

const name = { registry: "registry.test", repository: "app" };
const password = "hunter2";

describe("the proxies of the environment", () => {
  const { start, connect } = bench();
  const setEnvironment = useProxyEnvironment();
  const proxies: TestProxy[] = [];
  afterEach(() => Promise.all(proxies.splice(0).map((proxy) => proxy.stop())));

  async function proxyTo(port: number, login = ""): Promise<TestProxy> {
    const proxy = await TestProxy.start(port);
    proxies.push(proxy);
    const url = `http://${login}127.0.0.1:${proxy.port}`;
    setEnvironment({ HTTPS_PROXY: url, HTTP_PROXY: url });
    return proxy;
  }

  it("tunnel to https registries, with the proxy's login, and are bypassed for loopback registries", async function () {
    const tls = selfSigned();
    if (tls === undefined) this.skip();
    const registry = await start({ tls });
    registry.putManifest("app", "1", manifestType, manifest);
    const proxy = await proxyTo(registry.port, `us%40er:${password}@`);
    const client = connect({ insecureRegistries: ["registry.test"] });
    for (let n = 0; n < 3; n++) valueOf(await client.manifest(name, "1"));
    assert.deepEqual(proxy.asked, ["CONNECT registry.test:443"]);
    assert.deepEqual(proxy.logins, [`Basic ${Buffer.from(`us@er:${password}`).toString("base64")}`]);
    assert.ok(registry.log.every(({ headers }) => headers["proxy-authorization"] === undefined));
    valueOf(await client.manifest(at(registry), "1"));
    assert.equal(proxy.asked.length, 1);
  });

  it("get whole URLs for registries that speak plain http, after https was tried", async () => {
    const registry = await start();
    for (const repository of ["a", "b"]) registry.putManifest(repository, "1", manifestType, manifest);
    const proxy = await proxyTo(registry.port, `user:${password}@`);
    const client = connect({ insecureRegistries: ["registry.test:5000"] });
    for (const repository of ["a", "b"])
      valueOf(await client.manifest({ registry: "registry.test:5000", repository }, "1"));
    const [tunnel, ...plain] = proxy.asked;
    assert.equal(tunnel, "CONNECT registry.test:5000");
    assert.deepEqual(plain, [
      "GET http://registry.test:5000/v2/a/manifests/1",
      "GET http://registry.test:5000/v2/b/manifests/1",
    ]);
    assert.ok(proxy.logins.every((login) => login?.startsWith("Basic ")));
    assert.equal(registry.log[0]?.headers.host, "registry.test:5000");
    const strict = await connect().manifest({ registry: "registry.test:5000", repository: "a" }, "1");
    assertFails(strict, "unreachable", /failed the TLS handshake.*insecureRegistries/);
    assert.equal(registry.log.length, 2);
  });

  it("that tunnel to port 443 only still forward plain http", async () => {
    const registry = await start();
    registry.putManifest("app", "1", manifestType, manifest);
    const proxy = await proxyTo(registry.port);
    setEnvironment({ HTTPS_PROXY: `http://127.0.0.1:${(await proxyTo(1)).port}` });
    proxies[1]!.refusal = 403;
    setEnvironment({ HTTP_PROXY: `http://127.0.0.1:${proxy.port}` });
    valueOf(await connect({ insecureRegistries: ["registry.test"] }).manifest(name, "1"));
  });

  const refusals: readonly (readonly [number, string, "unreachable" | "timeout", RegExp])[] = [
    [407, "", "unreachable", /requires a login \(HTTP 407\); put it into HTTPS_PROXY/],
    [407, "login", "unreachable", /does not accept the login in HTTPS_PROXY \(HTTP 407\)/],
    [403, "login", "unreachable", /refuses to connect to it \(HTTP 403\);.*NO_PROXY/],
    [502, "login", "unreachable", /cannot reach it \(HTTP 502\)/],
    [0, "login", "timeout", /did not answer within 10 s/],
  ];
  for (const [status, login, kind, words] of refusals)
    it(`that answer ${status === 0 ? "nothing" : status}${login && " to a login"} are named without their login`, async () => {
      const proxy = await proxyTo(1, login && `planted:${password}@`);
      proxy.refusal = status;
      const clock = new SkippingClock();
      const asking = connect({ clock }).manifest(name, "1");
      if (status === 0) {
        await eventually(() => proxy.asked.length > 0);
        clock.expire();
      }
      const outcome = await asking;
      assertFails(outcome, kind, words);
      const message = outcome.ok ? "" : outcome.failure.message;
      if (status !== 0)
        assert.match(
          message,
          new RegExp(
            `^registry\\.test cannot be reached through the proxy 127\\.0\\.0\\.1:${proxy.port} \\(HTTPS_PROXY\\), which `,
          ),
        );
      assert.ok(!message.includes(password) && !message.includes("planted"), message);
      assert.equal(proxy.asked.length, status === 502 ? 4 : 1);
    });

  it("that answer nothing are left at once when the client is closed", async () => {
    const proxy = await proxyTo(1);
    proxy.refusal = 0;
    const client = connect({ requestTimeoutMs: 3_600_000 });
    const asking = client.manifest(name, "1");
    await eventually(() => proxy.asked.length > 0);
    await client.close();
    assertFails(await asking, "unreachable", /was closed/);
    await eventually(() => proxy.open === 0, "the end of the connection");
  });

  it("that answer 407 to a plain request are named, too", async () => {
    const proxy = await proxyTo(1);
    proxy.refusal = 407;
    const insecure = { insecureRegistries: ["registry.test"] };
    assertFails(await connect(insecure).manifest(name, "1"), "unreachable", /requires a login \(HTTP 407\)/);
  });

  it("that are down are named in the failure", async () => {
    const proxy = await proxyTo(1, `user:${password}@`);
    const { port } = proxy;
    await proxy.stop();
    const words = `^registry\\.test cannot be reached through the proxy 127\\.0\\.0\\.1:${port} \\(HTTPS_PROXY\\), which refused the connection`;
    assertFails(await connect().manifest(name, "1"), "unreachable", new RegExp(words));
    setEnvironment({ HTTPS_PROXY: `http://user:${password}@no-such-proxy.invalid:3128` });
    const lookup: Parameters<typeof connect>[0] = {
      lookup: (_host, _options, callback) => {
        callback(Object.assign(new Error("no"), { code: "ENOTFOUND" }), "");
      },
    };
    const unknown = await connect(lookup).manifest(name, "1");
    assertFails(unknown, "unreachable", /proxy no-such-proxy\.invalid:3128 .*not known to DNS/);
    assert.ok(!JSON.stringify(unknown).includes(password));
  });

  for (const bad of [`::${password}::`, `ftp://user:${password}@proxy:21`, `socks5://${password}@proxy`])
    it(`with an invalid URL (${bad.replace(password, "…")}) are named by their variable, without the URL`, async () => {
      setEnvironment({ HTTPS_PROXY: bad });
      const outcome = await connect().manifest(name, "1");
      assertFails(outcome, "unreachable", /HTTPS_PROXY, which is not a valid URL of an http or https proxy/);
      assert.ok(!JSON.stringify(outcome).includes(password));
    });

  it("get no request for internal addresses that a registry redirects to", async () => {
    const registry = await start();
    registry.onRequest = (_, response) => {
      response.writeHead(307, { location: "http://169.254.169.254/latest/meta-data" }).end();
      return true;
    };
    const proxy = await proxyTo(registry.port);
    const outcome = await connect({ insecureRegistries: ["registry.test"] }).manifest(name, "1");
    assertFails(outcome, "unsupported", /169\.254\.169\.254, an internal address/);
    assert.deepEqual(proxy.asked, [
      "CONNECT registry.test:443",
      "GET http://registry.test/v2/app/manifests/1",
    ]);
  });

  it("come from the variables that docker reads, in upper or lower case", () => {
    const https = new URL("https://a.example/");
    const http = new URL("http://a.example/");
    for (const [url, env, expected] of [
      [https, { HTTPS_PROXY: "http://p:1" }, "p:1 by HTTPS_PROXY"],
      [https, { https_proxy: "http://p:1" }, "p:1 by https_proxy"],
      [https, { HTTPS_PROXY: "", https_proxy: "http://p:1" }, "p:1 by https_proxy"],
      [https, { HTTPS_PROXY: "http://q:1", https_proxy: "http://p:1" }, "q:1 by HTTPS_PROXY"],
      [https, { HTTPS_PROXY: "p:3128" }, "p:3128 by HTTPS_PROXY"],
      [https, { HTTPS_PROXY: "https://u:p@p" }, "p by HTTPS_PROXY"],
      [https, { HTTP_PROXY: "http://p:1" }, undefined],
      [http, { HTTP_PROXY: "http://p:1" }, "p:1 by HTTP_PROXY"],
      [http, { HTTPS_PROXY: "http://p:1" }, undefined],
      [https, {}, undefined],
    ] as const) {
      const proxy = proxyFor(url, env);
      const found = proxy?.url === undefined ? undefined : `${proxy.name} by ${proxy.variable}`;
      assert.equal(found, expected, JSON.stringify(env));
    }
  });

  it("are bypassed for the hosts of NO_PROXY", () => {
    for (const [host, list, direct] of [
      ["a.example", "", false],
      ["a.example", "*", true],
      ["a.example", "b.example, A.Example", true],
      ["a.example", "b.example a.example", true],
      ["x.a.example", "a.example", true],
      ["xa.example", "a.example", false],
      ["a.example", ".a.example", false],
      ["x.a.example", ".a.example", true],
      ["x.a.example", "*.a.example", true],
      ["a.example:5000", "a.example:5000", true],
      ["a.example:5001", "a.example:5000", false],
      ["a.example", "a.example:443", true],
      ["a.example", "example.com", false],
      ["10.1.2.3", "10.0.0.0/8", true],
      ["11.1.2.3", "10.0.0.0/8", false],
      ["10.1.2.3:5000", "10.1.2.3", true],
      ["10.1.2.30", "10.1.2.3", false],
      ["a.example", "10.0.0.0/8", false],
      ["[fd00::1]", "fd00::/8", true],
      ["[fd00::1]:5000", "[fd00::1]:5000", true],
      ["[fd00::1]", "FD00:0::1", true],
      ["[fd00::443]", "fd00::443", true],
      ["[fd00::1]", "[fd00::1]", true],
      ["[fd00::1]:5001", "[fd00::1]:5000", false],
      ["[fd00::1]", "::ffff:10.0.0.1", false],
      ["10.1.2.3", "10.0.0.0/99", false],
      ["a.example", "/", false],
    ] as const) {
      for (const variable of ["NO_PROXY", "no_proxy"]) {
        const env = { HTTPS_PROXY: "http://p:1", [variable]: list };
        assert.equal(proxyFor(new URL(`https://${host}/`), env) === undefined, direct, `${host} in ${list}`);
      }
    }
  });
});
