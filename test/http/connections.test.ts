import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { setImmediate as settled, setTimeout as sleep } from "node:timers/promises";
import { Client } from "undici";
import { Connections } from "../../policypack/http/connections";
import { RegistryImageSource } from "../../policypack/registry/image-source";
import { resolveIdentity } from "../../policypack/registry/reader-identity";
import { ManualClock } from "../../support/mocha/manual-clock";
import type { TestRegistry } from "../../support/registry/registry";
import { finished } from "../../support/process/command";
import { at, bench, manifest, manifestType, valueOf } from "../../support/registry/client";
import { Signal } from "../../policypack/common/signal";

/** How many connections are open. A server hears of a closed one some turns of the event loop after the client has opened the next. */
async function openAt(registries: readonly TestRegistry[]): Promise<number> {
  let least = Infinity;
  for (let turn = 0; turn < 10; turn++) {
    least = Math.min(
      least,
      registries.reduce((sum, { open }) => sum + open, 0),
    );
    await settled();
  }
  return least;
}

describe("connections", () => {
  const { start, connect } = bench();
  const opened: Client[] = [];
  const open = () => {
    const client = new Client("http://127.0.0.1:1");
    opened.push(client);
    return client;
  };
  const isOpen = (client: Client | undefined) => client?.destroyed === false;
  afterEach(() => {
    opened.length = 0;
  });

  it("are reused for their own key, the last used first", async () => {
    const connections = new Connections(4);
    const [a, b] = [connections.take("x", open), connections.take("x", open)];
    a.release(true);
    b.release(true);
    assert.notEqual(connections.take("y", open).client, b.client);
    assert.equal(connections.take("x", open).client, b.client);
    assert.equal(connections.take("x", open).client, a.client);
    assert.equal(opened.length, 3);
    await connections.close();
    assert.ok(!opened.some(isOpen));
  });

  it("that broke are closed, and the oldest idle ones if too many are open", async () => {
    const connections = new Connections(2);
    connections.take("x", open).release(false);
    assert.ok(!isOpen(opened[0]));
    const [x, y] = [connections.take("x", open), connections.take("y", open)];
    x.release(true);
    y.release(true);
    connections.take("z", open).release(true);
    assert.deepEqual(opened.map(isOpen), [false, false, true, true]);
    await connections.close();
  });

  it("to many hosts are never more than 64 at a time, idle ones included", async () => {
    const registries = await Promise.all(Array.from({ length: 5 }, () => start({ latencyMs: 20 })));
    // Time stands still: no latency rises, however busy this machine is.
    const client = connect({ clock: new ManualClock() });
    let most = 0;
    for (const registry of registries) {
      const names = Array.from({ length: 60 }, (_, n) => `app${n}`);
      for (const name of names) registry.putManifest(name, "1", manifestType, manifest);
      registry.onRequest = () => {
        void openAt(registries).then((now) => (most = Math.max(most, now)));
        return false;
      };
      await Promise.all(names.map(async (name) => valueOf(await client.manifest(at(registry, name), "1"))));
    }
    assert.ok(most > 24 && most <= 64, `${most} connections`);
  });

  it("to a registry and to the mirror of an ECR registry are never more than 64 together", async () => {
    const [registry, mirror] = [await start({ latencyMs: 50 }), await start({ latencyMs: 50 })];
    const ecr = "123456789012.dkr.ecr.eu-west-3.amazonaws.com";
    const names = Array.from({ length: 100 }, (_, n) => `app${n}`);
    let most = 0;
    for (const one of [registry, mirror]) {
      for (const name of names) one.putManifest(name, "1", manifestType, manifest);
      one.onRequest = () => {
        void openAt([registry, mirror]).then((now) => (most = Math.max(most, now)));
        return false;
      };
    }
    const source = new RegistryImageSource({ mirrors: { [ecr]: [mirror.host] }, clock: new ManualClock() });
    const signal = new Signal();
    const reads = [registry.host, ecr].flatMap((host) =>
      names.map((repository) =>
        source.manifest({ registry: host, repository }, "1", resolveIdentity(host, {}), signal),
      ),
    );
    for (const outcome of await Promise.all(reads)) valueOf(outcome);
    await source.close();
    assert.ok(mirror.connections > 0 && registry.connections > 0);
    assert.ok(most > 48 && most <= 64, `${most} connections`);
  });

  it("wait for a free file descriptor in a process that has few", async function () {
    this.timeout(60_000);
    const registry = await start({ latencyMs: 20 });
    const names = Array.from({ length: 201 }, (_, n) => `app${n}`);
    for (const name of names) registry.putManifest(name, "1", manifestType, manifest);
    const source = `
      const { RegistryClient } = require(${JSON.stringify(join(__dirname, "../../policypack/registry/client"))});
      const client = new RegistryClient();
      Promise.all(Array.from({ length: ${names.length} }, (_, n) =>
        client.manifest({ registry: ${JSON.stringify(registry.host)}, repository: "app" + n }, "1"),
      )).then((all) => console.log(JSON.stringify(all.map((one) => (one.ok ? "ok" : one.failure.message)))));`;
    const limited = ["-c", 'ulimit -n 64; exec "$@"', "sh"];
    const node = [process.execPath, "--require", "tsx/cjs", "--eval", source];
    const { output } = await finished(spawn("sh", [...limited, ...node], { stdio: "pipe" }));
    assert.deepEqual(new Set(JSON.parse(output) as unknown[]), new Set(["ok"]));
    assert.ok(registry.connections < 64, `${registry.connections} connections`);
  });

  it("serve a second round of requests without new ones", async () => {
    const registry = await start({ latencyMs: 10 });
    const names = Array.from({ length: 100 }, (_, n) => `app${n}`);
    for (const name of names) registry.putManifest(name, "1", manifestType, manifest);
    const client = connect();
    const round = () => Promise.all(names.map((name) => client.manifest(at(registry, name), "1")));
    for (const outcome of await round()) valueOf(outcome);
    const { connections } = registry;
    assert.ok(connections <= 60, `${connections} connections`);
    for (const outcome of await round()) valueOf(outcome);
    assert.ok(registry.connections <= 60, `${registry.connections} connections`);
  });

  it("are reused after a HEAD", async () => {
    const registry = await start();
    registry.putManifest("app", "1", manifestType, manifest);
    const client = connect();
    for (let n = 0; n < 5; n++) valueOf(await client.resolve(at(registry), "1"));
    assert.equal(registry.connections, 1);
  });

  for (const [when, delayMs] of [
    ["at once", 0],
    ["late", 20],
  ] as const)
    it(`are closed if a server sends a body ${when} after its answer to a HEAD, and no request fails`, async () => {
      const registry = await start({ latencyMs: 10 });
      const digest = registry.putManifest("app", "1", manifestType, manifest);
      registry.onRequest = ({ method, socket }) => {
        if (method !== "HEAD") return false;
        const fields = `content-type: ${manifestType}\r\ndocker-content-digest: ${digest}\r\ncontent-length: 4`;
        socket.write(`HTTP/1.1 200 OK\r\n${fields}\r\n\r\n${delayMs === 0 ? "body" : ""}`);
        if (delayMs > 0) setTimeout(() => socket.write("body"), delayMs);
        return true;
      };
      const client = connect();
      for (let n = 0; n < 3; n++) {
        assert.equal(valueOf(await client.resolve(at(registry), "1"))?.digest, digest);
        await sleep(n * 15);
        assert.equal(valueOf(await client.manifest(at(registry), "1")).digest, digest);
      }
    });
});
