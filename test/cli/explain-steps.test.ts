import assert from "node:assert/strict";
import { buildImage, pushImage, pushIndex } from "../../support/registry/images";
import { base64, Home } from "../../support/registry/logins";
import { bench } from "../../support/registry/client";
import { explain } from "../../support/registry/explained";

const login = { username: "ci", password: "planted-password" };
const auth = base64(`${login.username}:${login.password}`);
const mixed = buildImage({ layers: ["gzip", "zstd"], family: "docker" });

describe("the steps of an inspection", () => {
  const { start } = bench();
  let home: Home;
  beforeEach(async () => (home = await Home.create()));
  afterEach(() => home.remove());

  it("list the reference, the challenge, the login, the token and the manifest, in their order", async () => {
    const registry = await start({ access: { mode: "bearer", login } });
    pushImage(registry, "team/app", "1", mixed);
    await home.write(".docker/config.json", { auths: { [registry.host]: { auth } } });
    const told = await explain(`${registry.host}/team/app:1`, { credentials: home.source() });
    assert.deepEqual(
      told.steps.map(({ step }) => step),
      ["reference", "registry", "request", "credential", "request", "request", "manifest", "request"],
    );
    assert.deepEqual(told.of("reference")[0], {
      step: "reference",
      registry: registry.host,
      repository: "team/app",
      tag: "1",
      digest: null,
      canonical: `${registry.host}/team/app:1`,
    });
    assert.equal(told.of("registry")[0]?.kind, "distribution");
    assert.deepEqual(told.requests, [
      "GET /v2/team/app/manifests/1 401 none",
      "GET /token?service=test registry&scope=repository:team/app:pull 200 basic",
      "GET /v2/team/app/manifests/1 200 bearer",
      `GET /v2/team/app/blobs/${mixed.config.digest} 200 bearer`,
    ]);
    assert.ok(told.of("request").every(({ host, ms }) => host === registry.host && Number.isInteger(ms)));
    assert.deepEqual(told.of("manifest"), [
      { step: "manifest", digest: mixed.digest, mediaType: mixed.mediaType, layers: 2 },
    ]);
  });

  it("list each place for a login, and why it was used or not", async () => {
    const registry = await start({ access: { mode: "basic", ...login } });
    pushImage(registry, "app", "1", mixed);
    const image = `${registry.host}/app:1`;
    const places = async (variables: Record<string, string> = {}) => {
      const told = await explain(image, { credentials: home.source(variables) });
      const [search, ...more] = told.of("credential");
      assert.deepEqual(more, [], "each search is told once");
      return search?.places.map(({ place, outcome, reason }) => {
        const where = place.replace(`${home.folder}/`, "").replaceAll(registry.host, "HOST");
        return `${where}: ${outcome}: ${reason.replaceAll(registry.host, "HOST")}`;
      });
    };
    const podman = ".config/containers/auth.json";
    assert.deepEqual(await places(), [
      "DOCKER_AUTH_CONFIG: none: is not set",
      ".docker/config.json: none: does not exist",
      `${podman}: none: does not exist`,
    ]);

    await home.helper("store", "echo 'credentials not found in native keychain'; exit 1");
    await home.write(".docker/config.json", { credsStore: "store" });
    await home.write(podman, { auths: { [registry.host]: { auth } } });
    assert.deepEqual(await places({ DOCKER_AUTH_CONFIG: '{"auths":' }), [
      "DOCKER_AUTH_CONFIG: fault: could not be used: DOCKER_AUTH_CONFIG is not JSON, or only half of it",
      ".docker/config.json: none: uses the helper docker-credential-store, which has no login for HOST",
      `${podman}: used: its entry for HOST: a user name and password`,
    ]);

    await home.helper("store", `echo '{"Username":"${login.username}","Secret":"${login.password}"}'`);
    assert.deepEqual(await places({ DOCKER_AUTH_CONFIG: '{"auths":{"other.example":{}}}' }), [
      "DOCKER_AUTH_CONFIG: none: has no login for HOST",
      ".docker/config.json: used: its helper docker-credential-store: a user name and password",
      `${podman}: not-asked: is skipped: a login was already found`,
    ]);
  });

  it("list redirects as requests of their own, with their targets", async () => {
    const [registry, storage] = [await start(), await start()];
    const digest = pushImage(registry, "app", "1", mixed);
    storage.putBlob("store", mixed.config.bytes);
    registry.onRequest = (request, response) => {
      if (!request.url!.includes("/blobs/")) return false;
      const location = `${storage.url}/v2/store/blobs/${mixed.config.digest}?X-Amz-Signature=planted-signature`;
      response.writeHead(307, { location }).end();
      return true;
    };
    const told = await explain(`${registry.host}/app@${digest}`);
    const [, first, second] = told.of("request");
    const path = `/v2/store/blobs/${mixed.config.digest}?X-Amz-Signature=…`;
    assert.deepEqual([first?.status, first?.redirect], [307, storage.host + path]);
    assert.deepEqual([second?.status, second?.host, second?.path], [200, storage.host, path]);
    assert.doesNotMatch(told.text, /planted/);
  });

  it("list the platforms of an index, which one was taken and why", async () => {
    const registry = await start();
    const images = [
      { os: "linux", architecture: "386" },
      { os: "linux", architecture: "arm64", variant: "v8" },
    ].map((platform) => buildImage({ layers: ["gzip"], family: "oci", platform }));
    pushIndex(registry, "app", "old", images, { attestations: true });
    pushIndex(registry, "app", "arm", images.slice(1));
    const [index] = (await explain(`${registry.host}/app:old`)).of("index");
    assert.deepEqual(index, {
      step: "index",
      wanted: "linux/amd64",
      offered: [
        { platform: "linux/386", digest: images[0]!.digest },
        { platform: "linux/arm64/v8", digest: images[1]!.digest },
      ],
      attestations: 2,
      chosen: { platform: "linux/386", digest: images[0]!.digest },
      reason: "linux/386 is the best match for a linux/amd64 host",
    });
    const [none] = (await explain(`${registry.host}/app:arm`)).of("index");
    assert.equal(none?.chosen, null);
    assert.match(none.reason, /^no entry is for linux\/amd64/);
  });

  it("list the mirrors that were tried, then the registry itself", async () => {
    const [registry, empty, down] = [await start(), await start(), await start()];
    await down.stop();
    pushImage(registry, "app", "1", mixed);
    const mirrors = { [registry.host]: [down.host, empty.host] };
    const told = await explain(`${registry.host}/app:1`, { mirrors });
    assert.equal(told.of("registry")[0]?.kind, "mirror");
    assert.deepEqual(
      told.of("mirror").map(({ mirror, outcome, reason }) => [mirror, outcome, reason?.split(":")[0]]),
      [
        [down.host, "failed", "unreachable"],
        [empty.host, "failed", "missing"],
        [down.host, "skipped", "it could not be reached a moment ago"],
        [empty.host, "failed", "missing"],
      ],
    );
    assert.match(told.of("request")[0]?.failure ?? "", /refused the connection/);
  });

  it("include broken requests and refused realms", async () => {
    const registry = await start({ access: { mode: "bearer", login, realm: "http://169.254.169.254/t" } });
    const told = await explain(`${registry.host}/app:1`, { credentials: home.source() });
    assert.deepEqual(told.requests, ["GET /v2/app/manifests/1 401 none"]);
    assert.equal(told.inspection.ok ? "" : told.inspection.failure.kind, "unsupported");
  });
});
