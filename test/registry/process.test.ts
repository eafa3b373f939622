import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { selfSigned } from "../support/certificate";
import { TunnelProxy } from "../support/tunnel-proxy";
import { assertFails, at, bench, manifest, manifestType, valueOf } from "./support";

describe("the process around the registry client", () => {
  const { start, connect } = bench();
  const saved = { ...process.env };
  let proxy: TunnelProxy | undefined;

  afterEach(async () => {
    for (const name of ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"]) {
      const value = saved[name];
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
    await proxy?.stop();
    proxy = undefined;
  });

  /** A proxy that leads every tunnel to one port of this machine, and the tunnels asked for. */
  async function proxyTo(port: number | undefined): Promise<string[]> {
    proxy = await TunnelProxy.start(port);
    const { url, tunnels } = proxy;
    Object.assign(process.env, { HTTPS_PROXY: url, HTTP_PROXY: url, NO_PROXY: "" });
    return tunnels;
  }

  it("gives its proxy, which loopback registries do without", async function () {
    const tls = selfSigned();
    if (tls === undefined) this.skip();
    const registry = await start({ tls });
    registry.putManifest("app", "1", manifestType, manifest);
    const tunnels = await proxyTo(registry.port);
    const client = connect({ insecureRegistries: ["registry.test"] });
    valueOf(await client.manifest({ registry: "registry.test", repository: "app" }, "1"));
    assert.deepEqual(tunnels, ["registry.test:443"]);
    valueOf(await client.manifest(at(registry), "1"));
    assert.equal(tunnels.length, 1);
  });

  it("leads a registry declared insecure to https first, then to plain http, once for all requests", async () => {
    const registry = await start();
    for (const name of ["a", "b"]) registry.putManifest(name, "1", manifestType, manifest);
    const tunnels = await proxyTo(registry.port);
    const client = connect({ insecureRegistries: ["registry.test:5000"] });
    for (const repository of ["a", "b"])
      valueOf(await client.manifest({ registry: "registry.test:5000", repository }, "1"));
    assert.equal(client.requests, 3);
    assert.equal(registry.log.length, 2);
    assert.ok(
      tunnels.every((target) => target === "registry.test:5000"),
      tunnels.join(" "),
    );
    const strict = await connect().manifest({ registry: "registry.test:5000", repository: "a" }, "1");
    assertFails(strict, "unreachable", /no TLS handshake.*declare it insecure/);
    assert.equal(registry.log.length, 2);
  });

  it("may give a proxy that refuses, or one that is no URL", async () => {
    await proxyTo(undefined);
    const name = { registry: "registry.test", repository: "app" };
    assertFails(
      await connect().manifest(name, "1"),
      "unreachable",
      /^registry\.test cannot be asked through the proxy/,
    );
    process.env["HTTPS_PROXY"] = "::not a URL::";
    assertFails(
      await connect().manifest(name, "1"),
      "unreachable",
      /^registry\.test cannot be asked through the proxy/,
    );
  });

  it("ends by itself while connections idle, without a warning", async () => {
    const registry = await start();
    for (let n = 0; n < 30; n++) registry.putManifest(`app${n}`, "1", manifestType, manifest);
    const blob = registry.putBlob("app0", "{}");
    for (let n = 1; n < 30; n++) registry.putBlob(`app${n}`, "{}");
    let throttled = 0;
    registry.onRequest = (_, response) => {
      if (++throttled > 1) return false;
      response.writeHead(429, { "retry-after": "1" }).end();
      return true;
    };
    const program = `
      const { RegistryClient } = require(${JSON.stringify(join(__dirname, "../../policypack/registry/client"))});
      const client = new RegistryClient();
      const { signal } = new AbortController();
      const pulls = Array.from({ length: 30 }, (_, n) =>
        [client.manifest({ registry: ${JSON.stringify(registry.host)}, repository: "app" + n }, "1", signal),
          client.blob({ registry: ${JSON.stringify(registry.host)}, repository: "app" + n }, ${JSON.stringify(blob)}, 10, signal)]).flat();
      Promise.all(pulls).then((outcomes) => console.log(outcomes.filter((one) => one.ok).length));`;
    const child = spawn(process.execPath, ["--require", "tsx/cjs", "--eval", program], { stdio: "pipe" });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const timer = setTimeout(() => child.kill(), 8_000);
    const code = await new Promise((resolve) => child.once("close", resolve));
    clearTimeout(timer);
    assert.deepEqual([code, output], [0, "60\n"]);
  });
});
