import assert from "node:assert/strict";
import { base64, entry, Home, marker, userOf } from "../../support/registry/logins";

const hub = "https://index.docker.io/v1/";

interface Row {
  readonly what: string;
  readonly config: unknown;
  readonly registry?: string;
  readonly user: string | undefined;
}

// docker/cli `cli/config/configfile/file.go` and `cli/config/credentials/`; keys of its own tests are in `test/conformance/vectors.test.ts`.
const rows: readonly Row[] = [
  { what: "the exact key", config: { auths: { "ghcr.io": entry("exact") } }, user: "exact" },
  {
    what: "the exact key before one with a scheme",
    config: { auths: { "https://ghcr.io": entry("url"), "ghcr.io": entry("exact") } },
    user: "exact",
  },
  {
    what: "a key with scheme and path",
    config: { auths: { "https://ghcr.io/v1/": entry("url") } },
    user: "url",
  },
  { what: "a key with a path only", config: { auths: { "ghcr.io/v2": entry("path") } }, user: "path" },
  {
    what: "a key's port",
    config: {
      auths: {
        localhost: entry("no"),
        "http://localhost:5001": entry("no"),
        "http://localhost:5000/": entry("port"),
      },
    },
    registry: "localhost:5000",
    user: "port",
  },
  {
    what: "a key's port even where it is the default one",
    config: { auths: { "https://ghcr.io:443/": entry("port") } },
    registry: "ghcr.io:443",
    user: "port",
  },
  { what: "no other port", config: { auths: { "ghcr.io:443": entry("no") } }, user: undefined },
  {
    what: "no wildcard",
    config: { auths: { "*.io": entry("no"), "*": entry("no"), "https://*": entry("no") } },
    user: undefined,
  },
  {
    what: "no host that only starts or ends alike",
    config: { auths: { "ghcr.io.evil.example": entry("no"), "https://evil-ghcr.io": entry("no") } },
    user: undefined,
  },
  {
    what: "no host in a URL's user information or path",
    config: {
      auths: { "https://ghcr.io@evil.example": entry("no"), "https://evil.example/ghcr.io": entry("no") },
    },
    user: undefined,
  },
  {
    what: "Docker Hub's legacy key first",
    config: { auths: { "docker.io": entry("no"), [hub]: entry("legacy") } },
    registry: "docker.io",
    user: "legacy",
  },
  {
    what: "Docker Hub by another of its names",
    config: { auths: { "index.docker.io": entry("name") } },
    registry: "docker.io",
    user: "name",
  },
  {
    what: "no token that Docker Desktop keeps for itself",
    config: { auths: { [`${hub}access-token`]: entry("no"), "https://hub.docker.io": entry("no") } },
    registry: "docker.io",
    user: undefined,
  },
  {
    what: "a user name and password",
    config: { auths: { "ghcr.io": { username: "plain", password: marker } } },
    user: "plain",
  },
  {
    what: "auth before a user name",
    config: { auths: { "ghcr.io": { username: "plain", password: marker, ...entry("auth") } } },
    user: "auth",
  },
  {
    what: "an identity token before a password (Azure's have a user of zeros)",
    config: {
      auths: { "ghcr.io": { auth: base64("00000000-0000-0000-0000-000000000000:"), identitytoken: "t" } },
    },
    user: "identity t",
  },
  {
    what: "field names in another case, as Go's JSON does",
    config: { Auths: { "ghcr.io": { identityToken: "t" } } },
    user: "identity t",
  },
  { what: "an entry without content", config: { auths: { "ghcr.io": {} } }, user: undefined },
  {
    what: "a user name without password",
    config: { auths: { "ghcr.io": { auth: base64("user:") } } },
    user: undefined,
  },
  { what: "nulls", config: { auths: null, credHelpers: null, credsStore: null }, user: undefined },
  { what: "a null entry", config: { auths: { "ghcr.io": null } }, user: undefined },
  { what: "an empty file", config: " \n", user: undefined },
  {
    what: "an own login beside a broken entry",
    config: { auths: { "quay.io": { auth: "%" }, "ghcr.io": entry("own") }, credHelpers: { "quay.io": 1 } },
    user: "own",
  },
  { what: "nothing for a prototype's key", config: { auths: {} }, registry: "constructor", user: undefined },
  {
    what: "nothing through a __proto__ in the file",
    config: `{"auths":{"__proto__":{"ghcr.io":{"auth":"${entry("no").auth}"}}},"__proto__":{"credsStore":"no"}}`,
    user: undefined,
  },
];

describe("docker's config.json", () => {
  let home: Home;
  beforeEach(async () => (home = await Home.create()));
  afterEach(() => home.remove());

  for (const { what, config, registry = "ghcr.io", user } of rows)
    it(`gives ${what}`, async () => {
      await home.write(".docker/config.json", config);
      assert.equal(await userOf(home.source(), registry), user);
    });

  it("that does not exist has no logins", async () => {
    assert.equal(await userOf(home.source(), "ghcr.io"), undefined);
  });

  it("is read from DOCKER_CONFIG if that is set", async () => {
    await home.write(".docker/config.json", { auths: { "ghcr.io": entry("home") } });
    await home.write("other/config.json", { auths: { "ghcr.io": entry("other") } });
    assert.equal(await userOf(home.source({ DOCKER_CONFIG: home.path("other") }), "ghcr.io"), "other");
    assert.equal(await userOf(home.source({ DOCKER_CONFIG: "" }), "ghcr.io"), "home");
    assert.equal(await userOf(home.source({ DOCKER_CONFIG: home.path("none") }), "ghcr.io"), undefined);
  });

  it("is read when it is first needed, and once", async () => {
    const source = home.source();
    await home.write(".docker/config.json", { auths: { "ghcr.io": entry("first") } });
    assert.equal(await userOf(source, "ghcr.io"), "first");
    await home.write(".docker/config.json", "broken");
    assert.equal(await userOf(source, "ghcr.io"), "first");
  });
});
