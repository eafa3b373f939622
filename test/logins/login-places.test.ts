import assert from "node:assert/strict";
import { entry, Home, marker, userOf } from "../../support/registry/logins";

function auths(...logins: [key: string, user: string][]): { auths: Record<string, { auth: string }> } {
  return { auths: Object.fromEntries(logins.map(([key, user]) => [key, entry(user)])) };
}

describe("the places of logins", () => {
  let home: Home;
  beforeEach(async () => (home = await Home.create()));
  afterEach(() => home.remove());

  it("are DOCKER_AUTH_CONFIG, docker's config.json, then Podman's files", async () => {
    const runtime = { XDG_RUNTIME_DIR: home.path("run") };
    const inline = { ...runtime, DOCKER_AUTH_CONFIG: JSON.stringify(auths(["a.example", "inline"])) };
    await home.write(".config/containers/auth.json", auths(["a.example", "configured"]));
    assert.equal(await userOf(home.source(runtime), "a.example"), "configured");
    await home.write("run/containers/auth.json", auths(["a.example", "runtime"]));
    assert.equal(await userOf(home.source(runtime), "a.example"), "runtime");
    await home.write(".docker/config.json", auths(["a.example", "docker"], ["b.example", "docker b"]));
    assert.equal(await userOf(home.source(runtime), "a.example"), "docker");
    assert.equal(await userOf(home.source(inline), "a.example"), "inline");
    assert.equal(await userOf(home.source(inline), "b.example"), "docker b");
  });

  it("put DOCKER_AUTH_CONFIG before the helpers of config.json", async () => {
    await home.write(".docker/config.json", { credsStore: "not-there" });
    const source = home.source({ DOCKER_AUTH_CONFIG: JSON.stringify(auths(["a.example", "inline"])) });
    assert.equal(await userOf(source, "a.example"), "inline");
    await assert.rejects(source("b.example", "app"), /docker-credential-not-there is not on PATH/);
  });

  it("let DOCKER_AUTH_CONFIG name helpers, as GitLab does", async () => {
    await home.helper("good", `echo '{"Username":"helped","Secret":"${marker}"}'`);
    const source = home.source({ DOCKER_AUTH_CONFIG: '{"credHelpers":{"a.example":"good"}}' });
    assert.equal(await userOf(source, "a.example"), "helped");
    assert.equal(await userOf(source, "b.example"), undefined);
  });

  it("report a broken file only if no other has the login", async () => {
    await home.write(".docker/config.json", auths(["a.example", "docker"]));
    const source = home.source({ DOCKER_AUTH_CONFIG: `{"auths":"${marker}` });
    assert.equal(await userOf(source, "a.example"), "docker");
    await assert.rejects(source("b.example", "app"), (error: Error) => {
      assert.equal(String(error), "CredentialError: DOCKER_AUTH_CONFIG is not JSON, or only half of it");
      return true;
    });
  });

  it("include no Podman file but REGISTRY_AUTH_FILE if that is set", async () => {
    await home.write(".config/containers/auth.json", auths(["a.example", "configured"], ["b.example", "b"]));
    await home.write("named.json", auths(["a.example", "named"]));
    const source = home.source({ REGISTRY_AUTH_FILE: home.path("named.json") });
    assert.equal(await userOf(source, "a.example"), "named");
    assert.equal(await userOf(source, "b.example"), undefined);
  });

  it("name a broken Podman file", async () => {
    await home.write("named.json", `{"auths":{"a.example":{"auth":"${marker}"}}}`);
    const source = home.source({ REGISTRY_AUTH_FILE: home.path("named.json") });
    await assert.rejects(source("a.example", "app"), (error: Error) => {
      assert.match(
        error.message,
        /^the entry for a\.example in the login file .*named\.json has a wrong auth/,
      );
      assert.ok(!error.message.includes(marker));
      return true;
    });
  });

  const namespaces: readonly [registry: string, repository: string, user: string | undefined][] = [
    ["quay.io", "team/app", "app"],
    ["quay.io", "team/app/part", "app"],
    ["quay.io", "team/apple", "team"],
    ["quay.io", "team/other", "team"],
    ["quay.io", "teams/app", "registry"],
    ["quay.io", "other", "registry"],
    ["ghcr.io", "mine/app", "mine"],
    ["ghcr.io", "others/app", undefined],
    ["gcr.io", "any/app", "url"],
    ["docker.io", "library/alpine", "hub"],
    ["docker.io", "company/app", "company"],
  ];
  for (const [registry, repository, user] of namespaces)
    it(`give ${registry}/${repository} the login of Podman's longest key that holds it: ${user ?? "none"}`, async () => {
      const keys: [string, string][] = [
        ["quay.io", "registry"],
        ["quay.io/team/app", "app"],
        ["quay.io/team", "team"],
        ["ghcr.io/mine", "mine"],
        ["https://gcr.io/v1/", "url"],
        ["https://index.docker.io/v1/", "hub"],
        ["docker.io/company", "company"],
      ];
      await home.write(".config/containers/auth.json", auths(...keys));
      assert.equal(await userOf(home.source(), registry, repository), user);
    });

  it("query Podman's helpers for the registry by its own name", async () => {
    await home.helper("good", `echo "{\\"Username\\":\\"$server\\",\\"Secret\\":\\"${marker}\\"}"`);
    await home.write(".config/containers/auth.json", { credHelpers: { "docker.io": "good" } });
    assert.equal(await userOf(home.source(), "docker.io"), "docker.io");
  });
});
