import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, type Dispatcher } from "undici";
import { Connections, type SharedChannel } from "../../policypack/http/connection-pool";
import { at, bench, manifest, manifestType, valueOf } from "../../support/registry/client";

describe("connections", () => {
  const { start, connect } = bench();
  const opened: Dispatcher[] = [];
  const open = () => {
    const dispatcher = new Client("http://127.0.0.1:1");
    opened.push(dispatcher);
    return dispatcher;
  };
  const isOpen = (dispatcher: Dispatcher | undefined) =>
    dispatcher instanceof Client && !dispatcher.destroyed;
  afterEach(() => {
    opened.length = 0;
  });

  it("are reused for their own key, the last used first", async () => {
    const connections = new Connections(4);
    const [a, b] = [connections.take("x", open), connections.take("x", open)];
    a.release(true);
    b.release(true);
    assert.notEqual(connections.take("y", open).dispatcher, b.dispatcher);
    assert.equal(connections.take("x", open).dispatcher, b.dispatcher);
    assert.equal(connections.take("x", open).dispatcher, a.dispatcher);
    assert.equal(opened.length, 3);
    await connections.close();
    assert.ok(!opened.some(isOpen));
  });

  it("that broke are closed, and of the idle ones the oldest where too many are open", async () => {
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

  class Shared implements SharedChannel {
    usable = true;
    destroyed = false;
    request = () => Promise.reject(new Error("it carries nothing"));
    retire = () => {
      this.usable = false;
    };
    destroy = () => {
      this.usable = false;
      this.destroyed = true;
      return Promise.resolve();
    };
  }

  it("that can be shared carry all requests of their key, and count once", async () => {
    const connections = new Connections(2);
    const shared = new Shared();
    assert.ok(connections.share("x", () => shared));
    assert.ok(!connections.share("x", () => new Shared()));
    const users = [connections.take("x", open), connections.take("x", open)];
    assert.ok(users.every(({ dispatcher }) => dispatcher === shared));
    for (const { release } of users) release(false);
    assert.ok(shared.usable);
    const [y, again] = [connections.take("y", open), connections.take("x", open)];
    y.release(true);
    connections.take("z", open);
    assert.deepEqual([shared.destroyed, ...opened.map(isOpen)], [false, false, true]);
    again.release(true);
    connections.take("w", open);
    assert.ok(shared.destroyed);
    await connections.close();
    assert.ok(!connections.share("x", () => new Shared()));
  });

  /** Connections whose shared one ended, and three who want one. */
  function wanted() {
    const connections = new Connections(8);
    const { signal } = new AbortController();
    const first = new Shared();
    connections.share("x", () => first);
    first.retire();
    return { connections, taken: [1, 2, 3].map(() => connections.takeInTurn("x", open, signal)) };
  }

  it("that could be shared and ended are followed by one, for which all wait", async () => {
    const { connections, taken } = wanted();
    const opener = await taken[0];
    const second = new Shared();
    connections.share("x", () => second);
    opener?.release(false);
    for (const one of taken.slice(1)) assert.equal((await one).dispatcher, second);
    assert.equal(opened.length, 1);
    await connections.close();
  });

  it("that could be shared and are followed by none have a connection each, and whoever gave up waits no more", async () => {
    const { connections, taken } = wanted();
    const end = new AbortController();
    const givenUp = connections.takeInTurn("x", open, end.signal);
    end.abort();
    await assert.rejects(givenUp);
    (await taken[0])?.release(false);
    await Promise.all(taken);
    assert.equal(opened.length, 3);
    await connections.close();
  });

  it("of a key that may share one are opened once, where another key has a shared one, and each by themselves when it has none", async () => {
    const connections = new Connections(8);
    const { signal } = new AbortController();
    const take = (key: string) => connections.takeInTurn(key, open, signal, true);
    await Promise.all([take("x"), take("x")]);
    assert.equal(opened.length, 2);
    connections.share("y", () => new Shared());
    const taken = [take("z"), take("z")];
    await taken[0];
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(opened.length, 3);
    connections.alone("z");
    await Promise.all([...taken, take("z"), take("x")]);
    assert.equal(opened.length, 6);
    await connections.close();
  });

  it("to many hosts are never more than 64 at a time, idle ones included", async () => {
    const registries = await Promise.all(Array.from({ length: 5 }, () => start({ latencyMs: 20 })));
    const client = connect();
    let most = 0;
    for (const registry of registries) {
      const names = Array.from({ length: 60 }, (_, n) => `app${n}`);
      for (const name of names) registry.putManifest(name, "1", manifestType, manifest);
      registry.onRequest = () => {
        most = Math.max(
          most,
          registries.map(({ open }) => open).reduce((sum, one) => sum + one),
        );
        return false;
      };
      await Promise.all(names.map(async (name) => valueOf(await client.manifest(at(registry, name), "1"))));
    }
    // The other ends learn of a connection's end a moment later than we.
    assert.ok(most > 24 && most <= 70, `${most} connections`);
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

  it("are used again behind a HEAD", async () => {
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
    it(`break where a server sends a body ${when} after its answer to a HEAD, and no request with them`, async () => {
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
