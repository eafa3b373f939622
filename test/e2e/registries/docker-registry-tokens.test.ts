import assert from "node:assert/strict";
import { RegistryClient } from "../../../policypack/registry/client";
import { selfSigned } from "../../../support/network/certificate";
import { DockerRegistry } from "../../../support/registry/docker-registry";
import { buildImage } from "../../../support/registry/images";
import { type Grant, type Signer, TokenServer } from "../../../support/registry/token-server";
import { Home, marker } from "../../../support/registry/logins";
import { assertFails, at, valueOf } from "../../../support/registry/client";

const image = buildImage({ family: "docker", layers: ["gzip", "zstd"] });
const pull = (repository: string): Grant => ({ repository, actions: ["pull"] });

const names = ["team/app", "team/other", "team/secret", "team/fourth"];

describe("distribution's own registry with token authentication", function () {
  this.timeout(20_000);
  let tokens: TokenServer;
  let registry: DockerRegistry;
  let home: Home;

  before(async function () {
    const signer: Signer | undefined = selfSigned();
    if (!DockerRegistry.available() || signer === undefined) {
      assert.equal(process.env["CI"], undefined, "docker-registry and openssl are needed");
      console.log("      docker-registry or openssl is not installed here");
      this.skip();
    }
    tokens = new TokenServer(signer);
    await tokens.start();
    registry = await DockerRegistry.start({ tokens: { realm: tokens.url, signer } });
    for (const name of names) await registry.push(name, "1", image);
  });
  // These fail harmlessly where the parts were not there to start.
  after(async () => {
    await (registry as DockerRegistry | undefined)?.stop();
    await (tokens as TokenServer | undefined)?.stop();
  });
  beforeEach(async () => {
    home = await Home.create();
    tokens.scopes.length = 0;
    tokens.grant = (user, password, repository) => {
      if (user !== undefined && (user !== "aladdin" || password !== marker)) return undefined;
      return user === undefined ? { repository, actions: [] } : pull(repository);
    };
  });
  afterEach(() => home.remove());

  /** Pulls the manifest and the config with the logins of the home folder. */
  async function pullAll() {
    const client = new RegistryClient({ credentials: home.source() });
    try {
      const name = at(registry, "team/app");
      const manifest = await client.manifest(name, "1");
      return { manifest, config: await client.blob(name, image.config.digest, 1e6) };
    } finally {
      await client.close();
    }
  }

  async function logIn(username: string, secret: string): Promise<void> {
    await home.helper("real", `echo '{"Username":"${username}","Secret":"${secret}"}'`);
    await home.write(".docker/config.json", { credHelpers: { [registry.host]: "real" } });
  }

  it("gives access to a right login, by a credential helper on PATH, with one token", async () => {
    await logIn("aladdin", marker);
    const { manifest, config } = await pullAll();
    assert.equal(valueOf(manifest).digest, image.digest);
    assert.deepEqual(Buffer.from(valueOf(config)), image.config.bytes);
    assert.deepEqual(tokens.scopes, ["repository:team/app:pull"]);
  });

  it("gives anonymous access if the service grants it", async () => {
    tokens.grant = (_user, _password, repository) => pull(repository);
    assert.equal(valueOf((await pullAll()).manifest).digest, image.digest);
  });

  it("denies an anonymous token without access, after it requested another one once", async () => {
    const { manifest } = await pullAll();
    assertFails(manifest, "denied", /denies access to team\/app without credentials \(HTTP 401\)/);
    assert.match(manifest.ok ? "" : (manifest.failure.login ?? ""), /^none found: /);
    // For the manifest two, and for the config, where the first is still remembered, one.
    assert.deepEqual(new Set(tokens.scopes), new Set(["repository:team/app:pull"]));
    assert.ok(tokens.scopes.length <= 4, String(tokens.scopes.length));
  });

  it("denies a wrong password, which is sent to the service only and is not shown", async () => {
    await logIn("aladdin", `${marker}-wrong`);
    const { manifest } = await pullAll();
    assertFails(manifest, "denied", /does not accept the credentials \(HTTP 401\): "incorrect login"$/);
    assert.ok(!manifest.ok && !JSON.stringify(manifest.failure).includes(marker));
    assert.match(manifest.failure.login ?? "", /its helper docker-credential-real/);
  });

  it("gets a new token for an expired one", async () => {
    await logIn("aladdin", marker);
    let given = 0;
    // The registry allows a minute for clocks that differ.
    tokens.grant = (_user, _password, repository) => ({
      ...pull(repository),
      lifetime: ++given === 1 ? -300 : 300,
    });
    assert.equal(valueOf((await pullAll()).manifest).digest, image.digest);
    assert.equal(given, 2);
  });

  it("denies tokens that are all expired, or for another repository", async () => {
    await logIn("aladdin", marker);
    const grants: Grant[] = [
      { ...pull("team/app"), lifetime: -300 },
      pull("team/other"),
      { repository: "team/app", actions: ["push"] },
    ];
    for (const grant of grants) {
      tokens.grant = () => grant;
      assertFails((await pullAll()).manifest, "denied", /with the credentials given \(HTTP 401\)/);
    }
  });

  it("uses one token for several repositories, with the access that the service grants", async () => {
    await logIn("aladdin", marker);
    tokens.grant = (_user, _password, repository) =>
      repository === "team/secret" ? { repository, actions: [] } : pull(repository);
    const client = new RegistryClient({ credentials: home.source() });
    try {
      for (const name of names) client.expect(at(registry, name));
      for (const name of names) {
        const outcome = await client.manifest(at(registry, name), "1");
        if (name === "team/secret")
          assertFails(outcome, "denied", /denies access to team\/secret with the credentials/);
        else assert.equal(valueOf(outcome).digest, image.digest);
      }
    } finally {
      await client.close();
    }
    const scopes = names.map((name) => `repository:${name}:pull`);
    assert.equal(tokens.scopes[0], scopes.join());
    assert.deepEqual(new Set(tokens.scopes.slice(1)), new Set(["repository:team/secret:pull"]));
  });
});
