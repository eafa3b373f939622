import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CacheFolder } from "../../policypack/cache/folder";
import { KnownChallenges, type ScopeSupport } from "../../policypack/cache/records";
import { ManualClock } from "../../support/mocha/manual-clock";
import { SkippingClock } from "../../support/mocha/skipping-clock";
import type { TestRegistry, TestRegistryOptions } from "../../support/registry/registry";
import type { Access } from "../../support/registry/tokens";
import { assertFails, at, bench, manifest, manifestType, valueOf } from "../../support/registry/client";

const count = 50;
const names = Array.from({ length: count }, (_, n) => `team/service-${n}`);
/** What is needed anyway: a challenge, and a manifest for each repository. */
const least = 1 + count;
const login = { username: "Aladdin", password: "open sesame" };
const otherLogin = { username: "Jafar", password: "snake" };

describe("one token request for several repositories", () => {
  const { start, connect } = bench();
  let directory: string;
  let challenges: KnownChallenges;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "ecs-image-guard-tokens-"));
    challenges = new KnownChallenges(new CacheFolder(directory, 1e6));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  async function filled(access: Access, more: TestRegistryOptions = {}): Promise<TestRegistry> {
    const registry = await start({ access, ...more });
    for (const name of names) registry.putManifest(name, "1", manifestType, { ...manifest, name });
    return registry;
  }

  /** Pulls from all repositories, of which the client knows from the start, and gives the outcomes. */
  async function pullAll(
    registry: TestRegistry,
    credentials: Parameters<typeof connect>[0] = {},
    tag: (name: string) => string = () => "1",
  ) {
    // Time stands still: those who wait for the first tokens wait for the answers, however busy this machine is.
    const client = connect({ challenges, clock: new ManualClock(), ...credentials });
    for (const name of names) client.expect(at(registry, name));
    return Promise.all(names.map((name) => client.manifest(at(registry, name), tag(name))));
  }

  const scopesOf = (registry: TestRegistry) =>
    registry.requestsTo("/token").map(({ url }) => new URL(url, registry.url).searchParams.getAll("scope"));
  const supportOf = (registry: TestRegistry) =>
    challenges.scopeSupport(JSON.stringify([`${registry.url}/token`, "test registry"]));

  const behaviours: [what: string, access: object, support: ScopeSupport | undefined, tokens: number][] = [
    ["grants every scope", {}, "several", 3],
    ["grants every scope, in tokens that say so", { jwt: "true" }, "several", 3],
    ["grants every scope, in tokens that say otherwise", { jwt: "false" }, "one", 3 + count],
    // Two repositories try the token, and both are refused.
    ["grants only the first scope", { scopes: "first" }, "one", count + 2],
    ["grants only the first scope, in tokens that say so", { scopes: "first", jwt: "true" }, "one", count],
    ["grants only the last scope", { scopes: "last" }, "one", count + 3 + 2 + 3],
    ["refuses several scopes", { scopes: "refused" }, "one", count + 3],
    ["ignores scopes", { scopes: "ignored" }, "several", 3],
  ];
  for (const [what, settings, support, tokens] of behaviours)
    for (const user of [undefined, login])
      it(`gives every image its verdict from a service that ${what}${user ? ", with a login" : ""}`, async () => {
        const registry = await filled({ mode: "bearer", ...settings, ...(user && { login: user }) });
        for (const outcome of await pullAll(registry, { credentials: () => Promise.resolve(user) }))
          valueOf(outcome);
        assert.ok(registry.log.length <= least + tokens, `${registry.log.length} requests`);
        assert.equal(supportOf(registry), support);
        // The next run knows.
        registry.log.length = 0;
        for (const outcome of await pullAll(registry, { credentials: () => Promise.resolve(user) }))
          valueOf(outcome);
        const known = registry.log.length - least;
        assert.ok(known <= (support === "several" ? 3 : count), `${registry.log.length} requests`);
      });

  it("is tried by an identity token too, with all scopes in one field of the form", async () => {
    const registry = await filled({ mode: "bearer", identityToken: "refresh-me" });
    const credentials = () => Promise.resolve({ identityToken: "refresh-me" });
    for (const outcome of await pullAll(registry, { credentials })) valueOf(outcome);
    assert.deepEqual(
      registry.requestsTo("/token").map(({ method }) => method),
      ["POST", "POST", "POST"],
    );
  });

  it("names at most 24 scopes, in at most 4,000 characters", async () => {
    const long = "deep/".repeat(40);
    const registry = await start({ access: { mode: "bearer" } });
    const client = connect();
    const all = [...names, ...names.map((name) => long + name)];
    for (const name of all) registry.putManifest(name, "1", manifestType, manifest);
    for (const outcome of await Promise.all(all.map((name) => client.manifest(at(registry, name), "1"))))
      valueOf(outcome);
    for (const { url } of registry.requestsTo("/token")) assert.ok(url.length <= 4_000, url);
    assert.ok(scopesOf(registry).every((scopes) => scopes.length <= 24));
    assert.deepEqual(scopesOf(registry).flat().length, all.length);
  });

  for (const [whose, position] of [
    ["first", 0],
    ["second", 1],
    ["last", count - 1],
  ] as const)
    for (const scopes of ["all", "all or none", "first", "ignored"] as const)
      it(`denies no other image if the ${whose} one is denied by a service of the kind "${scopes}"`, async () => {
        const denied = names[position]!;
        const registry = await filled(
          { mode: "bearer", scopes },
          { perRepository: { [denied]: { mode: "bearer", login: otherLogin, scopes } } },
        );
        if (scopes === "ignored")
          registry.onRequest = ({ url = "", headers }, response) => {
            const own = url.includes(`${denied}/`) && headers.authorization !== undefined;
            if (own) response.writeHead(403).end();
            return own;
          };
        const outcomes = await pullAll(registry);
        for (const [n, outcome] of outcomes.entries())
          if (n === position) assertFails(outcome, "denied", /./);
          else valueOf(outcome);
      });

  it("is given up for single ones if it alone is answered by 429", async () => {
    const registry = await filled({ mode: "bearer" });
    const refused = new Map<string, number>();
    registry.onRequest = ({ url = "" }, response) => {
      const isShared = url.startsWith("/token") && url.split("scope=").length > 2;
      if (!isShared) return false;
      refused.set(url, (refused.get(url) ?? 0) + 1);
      response.writeHead(429, { "retry-after": "1" }).end();
      return true;
    };
    for (const outcome of await pullAll(registry, { clock: new SkippingClock() })) valueOf(outcome);
    assert.ok(refused.size > 0);
    assert.deepEqual(
      [...refused.values()].filter((times) => times > 4),
      [],
    );
  });

  it("is not given up if those that try it first are denied", async () => {
    const denied = [1, 2, 5, 6, 24, 25].map((n) => names[n]!);
    const perRepository = Object.fromEntries(
      denied.map((name) => [name, { mode: "bearer", login: otherLogin }] as const),
    );
    const registry = await filled({ mode: "bearer" }, { perRepository });
    for (const [n, outcome] of (await pullAll(registry)).entries())
      if (denied.includes(names[n]!)) assertFails(outcome, "denied", /needs a login/);
      else valueOf(outcome);
    assert.ok(
      registry.requestsTo("/token").length <= 3 + denied.length,
      `${registry.requestsTo("/token").length} tokens`,
    );
    assert.equal(supportOf(registry), "several");
  });

  it("goes to public and private repositories alike, each with its own login", async () => {
    const mine = names.filter((_, n) => n % 3 === 0);
    const theirs = names.filter((_, n) => n % 3 === 1);
    const perRepository = Object.fromEntries([
      ...mine.map((name) => [name, { mode: "bearer", login }] as const),
      ...theirs.map((name) => [name, { mode: "bearer", login: otherLogin }] as const),
    ]);
    const registry = await filled({ mode: "bearer" }, { perRepository });
    const loginOf = (name: string) =>
      mine.includes(name) ? login : theirs.includes(name) ? otherLogin : undefined;
    const outcomes = await pullAll(registry, {
      credentials: (_registry, repository) => Promise.resolve(loginOf(repository)),
    });
    for (const outcome of outcomes) valueOf(outcome);
    for (const scopes of scopesOf(registry)) {
      const logins = scopes.map((scope) => loginOf(scope.split(":")[1] ?? ""));
      assert.equal(new Set(logins).size, 1, "a request names repositories of several logins");
    }
    assert.ok(registry.requestsTo("/token").length <= 6, `${registry.requestsTo("/token").length} tokens`);
  });

  it("leaves out what a user may not read, whose denial stands by a token of its own", async () => {
    const hidden = names.filter((_, n) => n % 10 === 3);
    const perRepository = Object.fromEntries(
      hidden.map((name) => [name, { mode: "bearer", login: otherLogin }] as const),
    );
    for (const jwt of [undefined, "true"] as const) {
      const registry = await filled({ mode: "bearer", ...(jwt && { jwt }) }, { perRepository });
      const outcomes = await pullAll(registry);
      for (const [n, outcome] of outcomes.entries())
        if (hidden.includes(names[n]!)) assertFails(outcome, "denied", /needs a login/);
        else valueOf(outcome);
      for (const name of hidden)
        assert.ok(scopesOf(registry).some((scopes) => scopes.join() === `repository:${name}:pull`));
    }
  });

  for (const status of [400, 401, 403, 404])
    it(`is not proven by HTTP ${status}, but by the response to a token of its own`, async () => {
      const registry = await filled({ mode: "bearer" });
      const shared = new Set<string>();
      registry.onRequest = ({ url = "", headers: { authorization = "" } }, response) => {
        // Nobody's first token serves a second repository.
        const repository = /^\/v2\/(.+)\/manifests/.exec(url)?.[1];
        if (repository === undefined || authorization === "") return false;
        const isRefused =
          registry.log.filter((seen) => seen.headers.authorization === authorization).length > 1;
        if (isRefused) {
          shared.add(repository);
          response.writeHead(status).end();
        }
        return isRefused;
      };
      for (const outcome of await pullAll(registry)) valueOf(outcome);
      assert.ok(shared.size > 0);
    });

  it("says that a tag is missing only if a token of its own does not bring it either", async () => {
    const registry = await filled({ mode: "bearer" });
    const outcomes = await pullAll(registry, {}, (name) => (name.endsWith("7") ? "gone" : "1"));
    for (const [n, outcome] of outcomes.entries())
      if (names[n]!.endsWith("7")) assertFails(outcome, "missing", /has no tag gone/);
      else valueOf(outcome);
    const own = scopesOf(registry).filter((scopes) => scopes.length === 1);
    assert.ok(own.length >= 5, `${own.length}`);
  });

  for (const [hint, scopes] of [
    ["several", "first"],
    ["several", "refused"],
    ["one", "all"],
  ] as const)
    it(`gives every verdict though the cache says "${hint}" of a service of the kind "${scopes}"`, async () => {
      const registry = await filled({ mode: "bearer", scopes });
      challenges.keepScopeSupport(JSON.stringify([`${registry.url}/token`, "test registry"]), hint);
      for (const outcome of await pullAll(registry)) valueOf(outcome);
      assert.ok(registry.log.length <= least + 2 * count, `${registry.log.length} requests`);
      if (hint === "several") assert.equal(supportOf(registry), "one");
    });

  it("waits for others while another is under way", async () => {
    const registry = await filled({ mode: "bearer" });
    const client = connect();
    valueOf(await client.manifest(at(registry, names[0]), "1"));
    const late: Promise<unknown>[] = [];
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      registry.onRequest = ({ url = "" }, response) => {
        if (!url.startsWith("/token") || late.length > 1) return false;
        answer = () => {
          response.writeHead(500).end();
        };
        resolve();
        return true;
      };
    });
    late.push(client.manifest(at(registry, names[1]), "1"));
    await asked;
    for (const name of names.slice(2, 12)) {
      late.push(client.manifest(at(registry, name), "1"));
      await new Promise((resolve) => setImmediate(resolve));
    }
    answer();
    await Promise.all(late);
    // One for each of the first two, one more after the failure, and one for the ten.
    assert.ok(registry.requestsTo("/token").length <= 4, `${registry.requestsTo("/token").length} tokens`);
  });
});
