import assert from "node:assert/strict";
import { Inspector, type InspectorOptions } from "../../policypack/inspection/inspector";
import { HostRules } from "../../policypack/http/host-rules";
import { Retries } from "../../policypack/http/retries";
import { TokenClient } from "../../policypack/registry/token-client";
import { Transport } from "../../policypack/http/transport";
import { dummyKeys, exception, FakeEcr, useAwsEnvironment } from "../../support/aws/fake-ecr";
import { buildImage, pushImage } from "../../support/registry/images";
import { useNames } from "../../support/network/names";
import { base64, Home, marker } from "../../support/registry/logins";
import { assertFails, bench } from "../../support/registry/client";
import { Signal } from "../../policypack/common/signal";

const ecrHost = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
const amd64 = { os: "linux", architecture: "amd64" };
const image = buildImage({ layers: ["gzip", "zstd"], family: "docker" });
const entry = (username: string) => ({ auth: base64(`${username}:${marker}`) });
const basic = (username: string) => `Basic ${base64(`${username}:${marker}`)}`;

async function inspect(name: string, options: InspectorOptions) {
  const inspector = new Inspector(options);
  try {
    return await inspector.inspect(name, amd64);
  } finally {
    await inspector.close();
  }
}

describe("credentials are not sent to a wrong origin", () => {
  const { start } = bench();
  const ecr = new FakeEcr();
  let home: Home;
  before(() => ecr.start());
  useAwsEnvironment(() => ({ ...dummyKeys, AWS_ENDPOINT_URL_ECR: ecr.url, AWS_MAX_ATTEMPTS: "1" }));
  useNames((hostname) => (hostname.includes("metadata") ? "169.254.169.254" : "127.0.0.1"));
  beforeEach(async () => {
    home = await Home.create();
    ecr.seen.length = 0;
    ecr.handle = (_, response) => {
      exception(response, 400, "AccessDeniedException", "no");
    };
    await home.helper("ecr-login", `echo '{"Username":"aws","Secret":"${marker}"}'`);
    await home.write(".docker/config.json", {
      auths: { [ecrHost]: entry("real"), [`https://${ecrHost}`]: entry("real") },
      credHelpers: { [ecrHost]: "ecr-login" },
    });
  });
  afterEach(() => home.remove());
  after(() => ecr.stop());

  const lookalikes = [
    `${ecrHost}.evil.example`,
    `${ecrHost}.amazonaws.com.evil.example`,
    `evil-${ecrHost}`,
    `x.${ecrHost}`,
    ecrHost.replace("us-east-1", "us-east-1.evil"),
    ecrHost.replace("amazonaws.com", "amazonaws.com-evil.example"),
    ecrHost,
  ];
  for (const lookalike of lookalikes)
    it(`such as ${lookalike} with a port: neither AWS's nor docker's for the real host`, async () => {
      const registry = await start({ access: { mode: "basic", username: "real", password: marker } });
      const host = `${lookalike}:${registry.port}`;
      const options = { credentials: home.source(), insecureRegistries: [host] };
      assertFails(await inspect(`${host}/app:1`, options), "denied", /without credentials/);
      assert.ok(registry.log.length > 0, "it was asked");
      assert.deepEqual(
        new Set(registry.log.map(({ headers }) => headers.authorization)),
        new Set([undefined]),
      );
      assert.equal(ecr.seen.length, 0);
    });

  it("such as a mirror of Docker Hub: it gets its own login or none", async () => {
    const mirror = await start({ access: { mode: "basic", username: "mirror", password: marker } });
    pushImage(mirror, "hub/library/app", "1", image);
    const mirrors = { "docker.io": [`${mirror.host}/hub`] };
    const hub = { "https://index.docker.io/v1/": entry("hub"), "docker.io": entry("hub") };
    await home.write(".docker/config.json", { auths: { ...hub, [mirror.host]: entry("mirror") } });
    assert.ok((await inspect("app:1", { credentials: home.source(), mirrors })).ok);
    const carried = () => new Set(mirror.log.splice(0).map(({ headers }) => headers.authorization));
    assert.deepEqual(carried(), new Set([undefined, basic("mirror")]));

    await home.write(".docker/config.json", { auths: hub });
    const found = await inspect("app:1", { credentials: home.source(), mirrors });
    assert.ok(!found.ok, "registry-1.docker.io is not played here");
    assert.deepEqual(carried(), new Set([undefined]));
  });

  it("such as a mirror or its origin: each gets its own login", async () => {
    const access = { mode: "basic", password: marker } as const;
    const [origin, mirror] = [
      await start({ access: { ...access, username: "origin" } }),
      await start({ access: { ...access, username: "mirror" } }),
    ];
    pushImage(origin, "app", "1", image);
    const auths = { [origin.host]: entry("origin"), [mirror.host]: entry("mirror") };
    await home.write(".docker/config.json", { auths });
    const mirrors = { [origin.host]: [mirror.host] };
    assert.ok((await inspect(`${origin.host}/app:1`, { credentials: home.source(), mirrors })).ok);
    const carried = (log: typeof origin.log) => new Set(log.map(({ headers }) => headers.authorization));
    assert.deepEqual(carried(origin.log), new Set([undefined, basic("origin")]));
    assert.deepEqual(carried(mirror.log), new Set([undefined, basic("mirror")]));
  });

  it("such as a mirror of private ECR, or ECR's host: the mirror gets none, and ECR is queried by its API", async () => {
    const mirror = await start({ access: { mode: "basic", username: "mirror", password: marker } });
    const mirrors = { [`https://${ecrHost}/`]: [mirror.host] };
    const options = { credentials: home.source(), mirrors };
    const found = await inspect(`${ecrHost}/app:1`, options);
    assertFails(found, "denied", /^ECR refuses the AWS identity/);
    assert.deepEqual(new Set(mirror.log.map(({ headers }) => headers.authorization)), new Set([undefined]));
    assert.equal(ecr.seen[0]?.what, "BatchGetImage");
    assert.doesNotMatch(String(ecr.seen[0].headers.authorization), /Basic/);
  });

  it("such as the target of a redirect, nor after a second redirect back", async () => {
    const login = { username: "real", password: marker };
    const [registry, storage] = [await start({ access: { mode: "basic", ...login } }), await start()];
    pushImage(registry, "app", "1", image);
    registry.onRequest = ({ url = "", headers }, response) => {
      if (headers.authorization === undefined || url.endsWith("?back")) return false;
      response.writeHead(307, { location: `${storage.url}${url}` }).end();
      return true;
    };
    storage.onRequest = ({ url = "" }, response) => {
      response.writeHead(307, { location: `${registry.url}${url}?back` }).end();
      return true;
    };
    const credentials = () => Promise.resolve(login);
    assertFails(await inspect(`${registry.host}/app:1`, { credentials }), "denied", /HTTP 401/);
    assert.deepEqual(
      [...registry.log, ...storage.log].map(({ url, headers }) => [
        url.split("/").at(-1),
        headers.authorization,
      ]),
      [
        ["1", undefined],
        ["1", basic("real")],
        ["1?back", undefined],
        ["1", undefined],
      ],
    );
  });

  for (const [what, registry, connections] of [
    ["a public registry's", "https://8.8.8.8/", 0],
    ["a loopback registry's", "https://127.0.0.1/", 1],
  ] as const)
    it(`such as ${what} realm whose name resolves to this machine: ${connections} connections`, async () => {
      const service = await start();
      for (const scheme of ["https", "http"]) {
        const transport = new Transport(new HostRules(), {
          requestTimeoutMs: 10_000,
          maxConcurrentPerHost: 1,
        });
        const request = {
          registry: "it",
          registryUrl: new URL(registry),
          realm: new URL(`${scheme}://realm.example:${service.port}/token`),
          service: undefined,
          scopes: ["repository:app:pull"],
          credential: { username: "u", password: marker },
        };
        const tokens = new TokenClient(transport, new HostRules(), new Retries());
        const outcome = await tokens.fetch(request, new Signal());
        await transport.close();
        assert.ok(!outcome.ok);
      }
      assert.equal(service.connections > 0 ? 1 : 0, connections);
      assert.equal(service.log.length, 0);
    });
});
