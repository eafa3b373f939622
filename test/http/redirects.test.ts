import assert from "node:assert/strict";
import { sendJson, type TestRegistry } from "../../support/registry/registry";
import { HostRules } from "../../policypack/http/host-rules";
import { follow } from "../../policypack/http/redirects";
import { Retries } from "../../policypack/http/retries";
import { TokenClient } from "../../policypack/registry/token-client";
import type { HttpRequest, SendResult } from "../../policypack/http/messages";
import { Transport } from "../../policypack/http/transport";
import { assertFails, at, bench, valueOf } from "../../support/registry/client";
import { Signal } from "../../policypack/common/signal";

const login = { username: "u", password: "p" };
const credentials = () => Promise.resolve(login);

/** A transport that answers from a list, so that hosts of the public internet can be played. */
class PlayedTransport extends Transport {
  readonly sent: HttpRequest[] = [];
  constructor(private readonly locations: readonly string[]) {
    super(new HostRules(), { requestTimeoutMs: 10_000, maxConcurrentPerHost: 1 });
  }
  override send(request: HttpRequest): Promise<SendResult> {
    const location = this.locations[this.sent.length];
    this.sent.push(request);
    const header = (name: string) => (name === "location" && location !== undefined ? [location] : []);
    const status = location === undefined ? 200 : 307;
    return Promise.resolve({
      ok: true,
      response: { url: request.url, status, header, body: new Uint8Array() },
    });
  }
}

describe("redirects", () => {
  const { start, connect } = bench();

  async function redirecting(
    location: (url: string, registry: TestRegistry) => string | undefined,
  ): Promise<TestRegistry> {
    const registry = await start({ access: { mode: "basic", ...login } });
    registry.onRequest = (request, response) => {
      if (request.headers.authorization === undefined) return false;
      const target = location(request.url ?? "", registry);
      response.writeHead(307, target === undefined ? {} : { location: target }).end();
      return true;
    };
    return registry;
  }

  it("go to another origin without the Authorization field, and within one with it", async () => {
    const storage = await start();
    const digest = storage.putBlob("app", "bytes");
    const registry = await redirecting((url, { host }) =>
      url.endsWith("?again")
        ? `${storage.url}/v2/app/blobs/${digest}?X-Signature=s`
        : `//${host}${url}?again`,
    );
    valueOf(await connect({ credentials }).blob(at(registry), digest, 10));
    assert.deepEqual(
      registry.log.map(({ authorization }) => authorization),
      [undefined, "basic", "basic"],
    );
    assert.deepEqual(
      storage.log.map(({ authorization }) => authorization),
      [undefined],
    );
  });

  it("to storage that needs a login do not send credentials there", async () => {
    const storage = await start({ access: { mode: "basic", ...login } });
    const registry = await redirecting((url) => `${storage.url}${url}`);
    assertFails(
      await connect({ credentials }).manifest(at(registry), "1"),
      "denied",
      /\(127\.0\.0\.1:\d+\) denies/,
    );
    assert.equal(storage.log.length, 1);
  });

  for (const [what, location, kind, words] of [
    ["without a target", () => undefined, "malformed", /without a location \(HTTP 307\)/],
    ["in a circle", (url: string) => url, "malformed", /more than 5 times/],
    ["to a file", () => "file:///etc/passwd", "unsupported", /not http \(file:\)/],
    [
      "to instance metadata",
      () => "http://169.254.169.254/latest/",
      "unsupported",
      /169\.254\.169\.254, an internal address/,
    ],
  ] as const) {
    it(`${what} are not followed`, async () => {
      const registry = await redirecting(location);
      assertFails(await connect({ credentials }).manifest(at(registry), "1"), kind, words);
    });
  }

  const played: readonly (readonly [string, string, RegExp | undefined])[] = [
    ["https://registry.example/", "https://storage.example/x?sig=1", undefined],
    ["https://registry.example/", "http://storage.example/x?sig=1", /plain http on storage\.example, which/],
    ["https://8.8.8.8/", "https://10.1.2.3/", /10\.1\.2\.3, an internal address/],
    ["https://8.8.8.8/", "https://2130706433/", /127\.0\.0\.1, an internal address/],
    ["https://8.8.8.8/", "https://[::ffff:127.0.0.1]/", /an internal address/],
    ["https://8.8.8.8/", "https://[fe80::1]/", /an internal address/],
    ["https://8.8.8.8/", "https://localhost:8443/", /an internal address/],
    ["https://8.8.8.8/", "https://[2606:4700::1]/", undefined],
    ["https://10.0.0.1/", "https://192.168.0.1/", undefined],
    ["https://10.0.0.1/", "https://127.0.0.1/", /an internal address/],
    ["https://10.0.0.1/", "https://100.100.100.200/", /an internal address/],
    ["https://10.0.0.1/", "https://10.0.0.1:8443/", undefined],
    ["https://[fd00::1]/", "https://10.0.0.1/", undefined],
  ];
  for (const [from, to, refusal] of played) {
    it(`from ${from} to ${to} are ${refusal === undefined ? "followed" : "refused"}`, async () => {
      const transport = new PlayedTransport([to]);
      const signal = new Signal();
      const first: HttpRequest = {
        method: "GET",
        url: new URL(from),
        headers: { authorization: "Basic x" },
        maxBytes: 1,
        signal,
      };
      const sent = await follow(transport, new HostRules(), first);
      assert.equal(sent.ok, refusal === undefined);
      if (!sent.ok) assert.match(sent.failure.message, refusal!);
      assert.equal(transport.sent[1]?.headers["authorization"], undefined);
    });
  }

  it("to host names may reach only addresses as public as the registry's", async () => {
    const transport = new PlayedTransport(["https://storage.example/"]);
    const signal = new Signal();
    await follow(transport, new HostRules(), {
      method: "GET",
      url: new URL("https://8.8.8.8/"),
      headers: {},
      maxBytes: 1,
      signal,
    });
    assert.equal(transport.sent[1]!.reach, "public");
  });
});

describe("token realms", () => {
  const { start, connect } = bench();
  const rules = new HostRules(["insecure.example:5000"]);

  for (const [registry, realm, credential, refusal] of [
    ["https://8.8.8.8/", "https://8.8.4.4/token", login, undefined],
    ["https://8.8.8.8/", "http://8.8.4.4/token", undefined, /plain http, which the guard refuses/],
    ["https://8.8.8.8/", "https://10.0.0.1/token", undefined, /internal address that the guard refuses/],
    ["https://8.8.8.8/", "https://127.0.0.1/token", undefined, /internal address that the guard refuses/],
    [
      "https://8.8.8.8/",
      "https://169.254.169.254/token",
      undefined,
      /internal address that the guard refuses/,
    ],
    ["http://127.0.0.1:5000/", "http://127.0.0.1:5001/token", login, undefined],
    ["http://127.0.0.1:5000/", "http://10.0.0.1/token", undefined, undefined],
    ["http://127.0.0.1:5000/", "http://10.0.0.1/token", login, /sends no credentials/],
    ["http://insecure.example:5000/", "http://127.0.0.1/token", login, undefined],
    ["http://insecure.example:5000/", "http://insecure.example:5001/token", login, undefined],
  ] as const) {
    const how = credential === undefined ? "anonymously" : "with credentials";
    it(`such as ${realm} of ${registry} are ${refusal === undefined ? "queried" : "refused"} ${how}`, async () => {
      const transport = new PlayedTransport([]);
      const request = {
        registry: "it",
        registryUrl: new URL(registry),
        realm: new URL(realm),
        service: undefined,
        scopes: ["repository:app:pull"],
        credential,
      };
      const outcome = await new TokenClient(transport, rules, new Retries()).fetch(request, new Signal());
      assert.equal(transport.sent.length, refusal === undefined ? 1 : 0);
      if (refusal !== undefined) assertFails(outcome, "unsupported", refusal);
    });
  }

  it("that redirect do not send the login to another origin", async () => {
    const elsewhere = await start();
    elsewhere.onRequest = (_, response) => {
      sendJson(response, 200, { token: "t" });
      return true;
    };
    const registry = await start({ access: { mode: "bearer", login } });
    registry.onRequest = (request, response) => {
      if (!request.url!.startsWith("/token")) return false;
      response.writeHead(302, { location: `${elsewhere.url}/token` }).end();
      return true;
    };
    await connect({ credentials }).manifest(at(registry), "1");
    assert.ok(elsewhere.log.length > 0);
    assert.ok(elsewhere.log.every(({ authorization }) => authorization === undefined));
  });
});
