import assert from "node:assert/strict";
import { readFileSync, utimesSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { basename } from "node:path";
import { DocumentCache } from "../../policypack/cache/documents";
import { KnownChallenges } from "../../policypack/cache/records";
import { Inspector } from "../../policypack/inspection/inspector";
import { ManualClock } from "../../support/mocha/manual-clock";
import { buildImage, pushImage } from "../../support/registry/images";
import { sendJson } from "../../support/registry/registry";
import { amd64, cachedBench } from "../../support/registry/cached-run";

const image = buildImage({ layers: ["gzip"], family: "docker", platform: amd64 });

describe("a registry's challenge", () => {
  const bench = cachedBench();
  const kept = () => bench.files().filter((file) => basename(file).startsWith("challenge-"));
  const token = "GET /token?service=test+registry&scope=repository%3Aapp%3Apull";
  const anew = ["HEAD manifests/1", token, "HEAD manifests/1"];

  /** Inspects several images in one run. */
  async function inspectTogether(...names: readonly string[]): Promise<void> {
    const inspector = new Inspector({ cache: { directory: bench.directory } });
    const found = await Promise.all(
      names.map((name) => inspector.inspect(`${bench.registry.host}/${name}:1`, amd64)),
    );
    await inspector.close();
    assert.ok(
      found.every(({ ok }) => ok),
      JSON.stringify(found),
    );
  }

  beforeEach(async () => {
    bench.registry.access = { mode: "bearer" };
    pushImage(bench.registry, "app", "1", image);
    await bench.inspect("app:1");
    assert.equal(bench.asked()[0], "GET manifests/1");
    assert.equal(kept().length, 1);
  });

  it("is cached for the next run, which requests a token at once", async () => {
    await bench.inspect("app:1");
    assert.deepEqual(bench.asked(), [token, "HEAD manifests/1"]);
  });

  it("is cached for all images of a registry, which get one token at once", async () => {
    for (const name of ["b", "c"]) pushImage(bench.registry, name, "1", image);
    bench.registry.latencyMs = 50;
    await inspectTogether("app", "b", "c");
    const isToken = bench.asked().map((request) => request.includes("/token"));
    assert.deepEqual(isToken.slice(0, 4), [true, false, false, false]);
  });

  it("is fetched again if the registry moved its token service", async () => {
    change({ realm: `${bench.registry.url}/nothing-here` });
    await bench.inspect("app:1");
    assert.deepEqual(bench.asked(), [
      "GET /nothing-here?service=test+registry&scope=repository%3Aapp%3Apull",
      ...anew,
    ]);
    await bench.inspect("app:1");
    assert.deepEqual(bench.asked(), [token, "HEAD manifests/1"]);
  });

  /** How a token service, or a registry to which its token is given, may fail. */
  const faults: [how: string, answer: (response: ServerResponse) => void][] = [
    ...[400, 401, 403, 404, 405, 408, 500, 503].map((status): (typeof faults)[number] => [
      `answers HTTP ${status}`,
      (response) => response.writeHead(status).end(),
    ]),
    ["is rate limiting requests", (response) => response.writeHead(429, { "retry-after": "60" }).end()],
    ["closes the connection", (response) => response.destroy()],
    [
      "refuses it without a realm",
      (response) => response.writeHead(401, { "www-authenticate": 'Bearer error="invalid_token"' }).end(),
    ],
  ];
  for (const [how, answer] of faults)
    it(`is fetched again if the registry ${how} for the token of the cached one`, async () => {
      bench.registry.onRequest = ({ url = "", headers }, response) => {
        const old = url.startsWith("/old-token");
        const refused = headers.authorization === "Bearer old";
        if (old) sendJson(response, 200, { token: "old" });
        if (refused) answer(response);
        return old || refused;
      };
      change({ realm: `${bench.registry.url}/old-token` });
      await bench.inspect("app:1");
      assert.deepEqual(bench.asked().slice(1), ["HEAD manifests/1", ...anew]);
    });

  const clock = new ManualClock();
  const noTokens: typeof faults = [
    ...faults,
    ["answers without a token", (response) => response.writeHead(200).end("{}")],
    ["never answers", () => void clock.pass(2_000)],
  ];
  for (const [how, answer] of noTokens)
    it(`is fetched again if its token service ${how}, and costs one request`, async () => {
      bench.registry.onRequest = ({ url = "" }, response) => {
        const old = url.startsWith("/old-token");
        if (old) answer(response);
        return old;
      };
      change({ realm: `${bench.registry.url}/old-token` });
      await bench.inspect("app:1", { clock });
      assert.deepEqual(bench.asked().slice(1), anew);
      await bench.inspect("app:1");
      assert.deepEqual(bench.asked(), [token, "HEAD manifests/1"]);
    });

  it("is fetched again if the cached one yields its token only after another image got a new one", async () => {
    pushImage(bench.registry, "late", "1", image);
    // Each image has a token of its own.
    const realm = `${bench.registry.url}/old-token`;
    const folder = DocumentCache.open({ directory: bench.directory })!.folder;
    new KnownChallenges(folder).keepScopeSupport(JSON.stringify([realm, "test registry"]), "one");
    let [deniedOther, giveLate] = [false, () => {}];
    bench.registry.onRequest = ({ url = "", headers }, response) => {
      const old = url.startsWith("/old-token");
      const denied = headers.authorization === "Bearer old";
      const give = () => {
        sendJson(response, 200, { token: "old" });
      };
      // The registry denies the other image first.
      if (old && url.includes("late") && !deniedOther) giveLate = give;
      else if (old) give();
      if (denied) {
        response.writeHead(403).end();
        deniedOther = true;
        giveLate();
        giveLate = () => {};
      }
      return old || denied;
    };
    change({ realm });
    await inspectTogether("app", "late");
  });

  it("does not replace the default scope if its token is refused", async () => {
    bench.registry.onRequest = ({ url = "", headers }, response) => {
      const { pathname, searchParams } = new URL(url, bench.registry.url);
      const plain = pathname === "/token" && searchParams.get("scope") === "repository:app:pull";
      if (pathname.endsWith("token")) sendJson(response, 200, { token: plain ? "new" : "useless" });
      else if (headers.authorization === "Bearer new") response.writeHead(404).end();
      else {
        const realm = `${bench.registry.url}/token`;
        response.setHeader("www-authenticate", `Bearer realm="${realm}",scope="aws"`);
        sendJson(response, 401, {});
      }
      return true;
    };
    change({ realm: `${bench.registry.url}/old-token` });
    const found = await bench.outcome("app:1");
    assert.equal(!found.ok && found.failure.kind, "missing");
  });

  it("is dropped if the registry needs no login any more", async () => {
    bench.registry.access = { mode: "none" };
    await bench.inspect("app:1");
    assert.equal(bench.asked().at(-1), "HEAD manifests/1");
  });

  it("is not used if there is a login: the registry is queried first", async () => {
    const login = { username: "Aladdin", password: "open sesame" };
    bench.registry.access = { mode: "bearer", login };
    change({ realm: `${bench.registry.url}/elsewhere` });
    await bench.inspect("app:1", { credentials: () => Promise.resolve(login) });
    assert.deepEqual(bench.asked(), anew);
  });

  it("is fetched again if a login cannot be read", async () => {
    const credentials = () => Promise.reject(new Error("no"));
    await bench.inspect("app:1", { credentials });
    assert.deepEqual(bench.asked(), anew);
  });

  it("is ignored if its realm is less public than the registry", async () => {
    for (const realm of ["http://169.254.169.254/token", "file:///etc/passwd", "nonsense", ""]) {
      change({ realm });
      await bench.inspect("app:1");
      assert.deepEqual(bench.asked(), anew, realm);
    }
  });

  it("is fetched again if it was cached for another scheme than the one that is tried first", async () => {
    change({ scheme: "https" });
    await bench.inspect("app:1");
    assert.deepEqual(bench.asked(), anew);
  });

  const odd: [what: string, spoil: (file: string) => void][] = [
    [
      "garbage",
      (file) => {
        writeFileSync(file, "\u0000{");
      },
    ],
    [
      "other JSON",
      (file) => {
        writeFileSync(file, '{"scheme":"http","realm":7}');
      },
    ],
    [
      "a list",
      (file) => {
        writeFileSync(file, "[]");
      },
    ],
    [
      "too large",
      (file) => {
        writeFileSync(file, Buffer.alloc(9_000, " "));
      },
    ],
    [
      "too old",
      (file) => {
        utimesSync(file, 1e9, 1e9);
      },
    ],
  ];
  for (const [what, spoil] of odd)
    it(`is fetched again if the cached one is ${what}`, async () => {
      kept().forEach(spoil);
      await bench.inspect("app:1");
      assert.deepEqual(bench.asked(), anew);
    });

  it("is not cached if its realm's query may hold a secret, and never with a login", async () => {
    kept().forEach((file) => {
      writeFileSync(file, "{}");
    });
    bench.registry.onRequest = ({ url = "", headers }, response) => {
      if (url.startsWith("/token") || headers.authorization !== undefined) return false;
      const realm = bench.registry.url.replace("//", "//user:planted@");
      response.setHeader(
        "www-authenticate",
        `Bearer realm="${realm}/token?key=planted",service="test registry"`,
      );
      sendJson(response, 401, {});
      return true;
    };
    await bench.inspect("app:1");
    assert.deepEqual(
      kept().map((file) => readFileSync(file, "utf8")),
      ["{}"],
    );
  });

  function change(part: object): void {
    for (const file of kept()) {
      const known: unknown = JSON.parse(readFileSync(file, "utf8"));
      writeFileSync(file, JSON.stringify({ ...(known as object), ...part }));
    }
  }
});
