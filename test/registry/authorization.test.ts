import assert from "node:assert/strict";
import { sleep } from "../../policypack/common/concurrency";
import { SkippingClock } from "../../support/mocha/skipping-clock";
import { sendError, sendJson, type TestRegistry } from "../../support/registry/registry";
import { assertFails, at, bench, manifest, manifestType, valueOf } from "../../support/registry/client";
import { Signal } from "../../policypack/common/signal";

const login = { username: "Aladdin", password: "open sesame" };
const credentials = () => Promise.resolve(login);

describe("authorization", () => {
  const { start, connect } = bench();

  function fill(registry: TestRegistry, count = 1): string[] {
    const names = Array.from({ length: count }, (_, n) => `app${n}`);
    for (const name of names) registry.putManifest(name, "1", manifestType, { ...manifest, name });
    return names;
  }

  const flow = (registry: TestRegistry) =>
    registry.log.map(
      ({ url, authorization = "anonymous", status }) =>
        `${url.split("?")[0] ?? ""} ${authorization} ${status ?? ""}`,
    );

  it("is anonymous first, and follows a Bearer challenge", async () => {
    const registry = await start({ access: { mode: "bearer" } });
    fill(registry);
    valueOf(await connect().manifest(at(registry, "app0"), "1"));
    assert.deepEqual(flow(registry), [
      "/v2/app0/manifests/1 anonymous 401",
      "/token anonymous 200",
      "/v2/app0/manifests/1 bearer 200",
    ]);
    assert.equal(registry.log[1]!.url, "/token?service=test+registry&scope=repository%3Aapp0%3Apull");
  });

  for (const accessToken of [true, false]) {
    it(`logs in for a token with a name and password (${accessToken ? "access_token" : "token"})`, async () => {
      const registry = await start({ access: { mode: "bearer", login, accessToken } });
      fill(registry);
      valueOf(await connect({ credentials }).manifest(at(registry, "app0"), "1"));
      assert.deepEqual(flow(registry)[1], "/token basic 200");
    });
  }

  it("logs in for a token with an identity token", async () => {
    const registry = await start({ access: { mode: "bearer", identityToken: "refresh-me" } });
    fill(registry);
    const client = connect({ credentials: () => Promise.resolve({ identityToken: "refresh-me" }) });
    valueOf(await client.manifest(at(registry, "app0"), "1"));
    assert.equal(registry.log[1]!.method, "POST");
    assert.doesNotMatch(registry.log[1]!.url, /refresh-me/);
  });

  it("follows a Basic challenge, and only Bearer if both are offered", async () => {
    const registry = await start({ access: { mode: "basic", ...login } });
    fill(registry);
    valueOf(await connect({ credentials }).manifest(at(registry, "app0"), "1"));
    assert.deepEqual(flow(registry), [
      "/v2/app0/manifests/1 anonymous 401",
      "/v2/app0/manifests/1 basic 200",
    ]);

    const both = await start({ access: { mode: "bearer" } });
    fill(both);
    both.onRequest = (request, response) => {
      if (request.headers.authorization !== undefined || request.url!.startsWith("/token")) return false;
      response.setHeader("www-authenticate", ["Basic realm=x", `bearer Realm="${both.url}/token"`]);
      response.writeHead(401).end();
      return true;
    };
    valueOf(await connect({ credentials }).manifest(at(both, "app0"), "1"));
    assert.equal(flow(both).at(-1), "/v2/app0/manifests/1 bearer 200");
  });

  it("gets the challenge once, while other requests wait, and fetches one token for all of them", async () => {
    const registry = await start({ access: { mode: "bearer" }, latencyMs: 30 });
    const names = fill(registry, 12);
    const client = connect();
    const pulls = names.flatMap((name) => [
      client.manifest(at(registry, name), "1"),
      client.manifest(at(registry, name), "1"),
    ]);
    for (const outcome of await Promise.all(pulls)) valueOf(outcome);
    assert.equal(registry.log.filter(({ status }) => status === 401).length, 1);
    assert.equal(registry.requestsTo("/token").length, 1);
    assert.equal(client.requests, 14);
  });

  it("renews a token when it ends, before the registry refuses it", async () => {
    const registry = await start({ access: { mode: "bearer", expiresIn: 5 } });
    fill(registry);
    const clock = new SkippingClock();
    const client = connect({ clock });
    valueOf(await client.manifest(at(registry, "app0"), "1"));
    await sleep(5_000, new Signal(), clock);
    valueOf(await client.manifest(at(registry, "app0"), "1"));
    assert.deepEqual(flow(registry).slice(3), ["/token anonymous 200", "/v2/app0/manifests/1 bearer 200"]);
  });

  for (const [what, times, kind] of [
    ["three", 3, undefined],
    ["all", 100, "timeout"],
  ] as const)
    it(`takes no token for refused that ended while its request waited: ${what} of them`, async () => {
      const registry = await start({ access: { mode: "bearer", expiresIn: 5 } });
      fill(registry);
      const clock = new SkippingClock();
      let late = 0;
      registry.onRequest = ({ url = "", headers: { authorization } }, response) => {
        if (url.startsWith("/token") || authorization === undefined || late === times) return false;
        late++;
        clock.after(5_000, () => response.writeHead(401, { "www-authenticate": "Bearer" }).end());
        return true;
      };
      const outcome = await connect({ clock }).manifest(at(registry, "app0"), "1");
      if (kind === undefined) valueOf(outcome);
      else assertFails(outcome, kind, /tokens that end before/);
      assert.ok(registry.log.length < 20, `${registry.log.length} requests`);
    });

  it("renews a refused token once, for all who were refused", async () => {
    const registry = await start({ access: { mode: "bearer" } });
    fill(registry);
    const digest = registry.putBlob("app0", "{}");
    const client = connect();
    valueOf(await client.manifest(at(registry, "app0"), "1"));
    registry.revokeTokens();
    const blobs = await Promise.all([1, 2, 3].map(() => client.blob(at(registry, "app0"), digest, 10)));
    for (const outcome of blobs) valueOf(outcome);
    assert.equal(registry.requestsTo("/token").length, 2);
  });

  it("gives up on a registry that refuses every token", async () => {
    const registry = await start({ access: { mode: "bearer" } });
    fill(registry);
    registry.onRequest = (request, response) => {
      if (!request.url!.startsWith("/v2/")) return false;
      response.setHeader("www-authenticate", `Bearer realm="${registry.url}/token"`);
      sendError(response, 401, "UNAUTHORIZED", `you sent ${request.headers.authorization ?? "nothing"}`);
      return true;
    };
    const outcome = await connect().manifest(at(registry, "app0"), "1");
    assertFails(outcome, "denied", /without credentials \(HTTP 401\); it does not exist or needs a login$/);
    assert.equal(registry.log.length, 5);
  });

  for (const [what, challenge, isPublic] of [
    ["another service", 'Bearer realm="/token",service="other"', false],
    ["another realm", 'Bearer realm="/token/other"', false],
    ["another scope", 'Bearer realm="/token",scope="repository:other/app1:pull"', false],
    ["no token", "", true],
  ] as const)
    it(`learns from a repository's own challenge that it needs ${what} if its token is denied`, async () => {
      const registry = await start({ access: { mode: "bearer" } });
      fill(registry, 3);
      const own = challenge.replace("/token", `${registry.url}/token`);
      registry.onRequest = ({ url = "", headers: { authorization } }, response) => {
        const isOwn = url.includes("app1");
        if (!isOwn) return false;
        if (url.startsWith("/token")) {
          const isRight = url.includes("other") && !url.includes("app0");
          sendJson(response, isRight ? 200 : 403, isRight ? { token: "own" } : {});
        } else if (authorization === "Bearer own" || isPublic)
          response.writeHead(200, { "content-type": manifestType }).end(JSON.stringify(manifest));
        else response.writeHead(401, { "www-authenticate": own }).end();
        return true;
      };
      const client = connect();
      for (const n of [0, 1, 2, 1]) valueOf(await client.manifest(at(registry, `app${n}`), "1"));
    });

  it("denies a repository by the service of another if its own challenge names the same", async () => {
    const other = { mode: "bearer", login: { username: "x", password: "y" } } as const;
    const registry = await start({ access: { mode: "bearer" }, perRepository: { app1: other } });
    fill(registry, 2);
    const client = connect();
    valueOf(await client.manifest(at(registry, "app0"), "1"));
    registry.log.length = 0;
    assertFails(await client.manifest(at(registry, "app1"), "1"), "denied", /gives no token without/);
    assert.deepEqual(flow(registry), ["/token anonymous 401", "/v2/app1/manifests/1 anonymous 401"]);
  });

  it("does not send a refused password again, nor show it", async () => {
    const registry = await start({ access: { mode: "basic", username: "x", password: "y" } });
    fill(registry);
    assertFails(
      await connect({ credentials }).manifest(at(registry, "app0"), "1"),
      "denied",
      /with the credentials given/,
    );
    assert.equal(registry.log.length, 2);
  });

  it("says that a token service refuses, without the secrets that it echoes", async () => {
    const registry = await start({ access: { mode: "bearer", login } });
    registry.onRequest = (request, response) => {
      if (!request.url!.startsWith("/token")) return false;
      sendJson(response, 403, { details: `no entry for ${login.password}` });
      return true;
    };
    const identified = await connect({ credentials }).manifest(at(registry, "app0"), "1");
    assertFails(identified, "denied", /does not accept the credentials \(HTTP 403\)$/);
    const anonymous = await connect().manifest(at(registry, "app0"), "1");
    assertFails(
      anonymous,
      "denied",
      /no token without credentials \(HTTP 403\).*does not exist or needs a login/,
    );
  });

  for (const [what, answer] of [
    ["no token", {}],
    ["an empty token", { token: "" }],
    ["a token of several lines", { token: "a\r\nx-evil: 1" }],
    ["a list", []],
  ] as const) {
    it(`refuses a token answer with ${what}`, async () => {
      const registry = await start({ access: { mode: "bearer" } });
      registry.onRequest = (request, response) => {
        if (!request.url!.startsWith("/token")) return false;
        sendJson(response, 200, answer);
        return true;
      };
      assertFails(await connect().manifest(at(registry, "app0"), "1"), "malformed", /token/);
    });
  }

  it("reports that credentials cannot be read, not why", async () => {
    const registry = await start({ access: { mode: "basic", ...login } });
    const client = connect({ credentials: () => Promise.reject(new Error("s3cret")) });
    assertFails(
      await client.manifest(at(registry, "app0"), "1"),
      "denied",
      /^the credentials for 127\.0\.0\.1:\d+ could not be read$/,
    );
  });
});
