import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { SkippingClock } from "../../support/mocha/skipping-clock";
import { at, bench, manifest, manifestType, valueOf } from "../../support/registry/client";

const names = Array.from({ length: 30 }, (_, n) => `team/service-${n}`);

describe("a rate limit of a part of a registry", () => {
  const { start, connect } = bench();

  const filled = async (options: Parameters<typeof start>[0] = {}) => {
    const registry = await start(options);
    for (const name of names) registry.putManifest(name, "1", manifestType, manifest);
    return registry;
  };

  const parts: [what: string, of: (request: IncomingMessage) => boolean][] = [
    ["all requests", () => true],
    ["its tokens", ({ url = "" }) => url.startsWith("/token")],
  ];
  for (const [what, of] of parts)
    it(`keeps no image from the registry if it is a mirror's, for ${what}, and lets nothing pass`, async () => {
      const registry = await filled();
      const mirror = await filled({ access: { mode: "bearer" } });
      let limited = 0;
      mirror.onRequest = (request, response) => {
        if (!of(request)) return false;
        limited++;
        response.writeHead(429, { "retry-after": "1" }).end();
        return true;
      };
      const mirrors = { [registry.host]: [mirror.host] };
      const client = connect({ mirrors, clock: new SkippingClock() });
      const pulls = names.map((name) => client.manifest(at(registry, name), "1"));
      for (const outcome of await Promise.all(pulls)) valueOf(outcome);
      assert.ok(limited <= 2 * names.length, `${limited} requests for ${names.length} images`);
      const sent = mirror.log.length;
      valueOf(await client.manifest(at(registry, "team/service-0"), "1"));
      assert.equal(mirror.log.length, sent, "the mirror does not rest");
    });

  it("is kept to by its images if it is the token service's, which is another host", async () => {
    const service = await start({ access: { mode: "bearer" } });
    const registry = await filled({ access: { mode: "bearer", realm: `${service.url}/token` } });
    let tokens = 0;
    service.onRequest = (_, response) => {
      tokens++;
      if (tokens % 2 === 0) response.writeHead(429, { "retry-after": "1" }).end();
      else response.end(JSON.stringify({ token: "x" }));
      return true;
    };
    registry.onRequest = ({ headers }, response) => {
      const isAuthorized = headers.authorization !== undefined;
      if (isAuthorized) response.writeHead(200, { "content-type": manifestType }).end("{}");
      return isAuthorized;
    };
    const client = connect({ clock: new SkippingClock() });
    assert.equal(client.isPacing(at(registry)), false);
    for (const name of names.slice(0, 3)) valueOf(await client.manifest(at(registry, name), "1"));
    assert.equal(client.isPacing(at(registry)), true);
  });
});
