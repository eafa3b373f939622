import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Inspector } from "../../policypack/inspection/inspector";
import { loginCredentials } from "../../policypack/logins/login-search";
import { buildImage, pushImage } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

const amd64 = { os: "linux", architecture: "amd64" };
const login = { username: "ci", password: "planted-secret" };

describe("an image behind a login", () => {
  let registry: TestRegistry;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-login-"));
    registry = await TestRegistry.start();
    registry.perRepository.set("private", { mode: "bearer", login });
    registry.perRepository.set("basic", { mode: "basic", ...login });
    registry.perRepository.set("public", { mode: "bearer" });
    for (const repository of ["private", "basic", "public"]) {
      pushImage(registry, repository, "1", buildImage({ layers: ["gzip"], family: "docker" }));
    }
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await registry.stop();
  });

  /** Inspects with a docker config.json of this content. */
  async function inspect(repository: string, config: string) {
    writeFileSync(join(folder, "config.json"), config);
    const credentials = loginCredentials({ HOME: folder, DOCKER_CONFIG: folder });
    const inspector = new Inspector({ credentials });
    try {
      return await inspector.inspect(`${registry.host}/${repository}:1`, amd64);
    } finally {
      await inspector.close();
    }
  }

  const good = () => {
    const auth = Buffer.from(`${login.username}:${login.password}`).toString("base64");
    return JSON.stringify({ auths: { [registry.host]: { auth } } });
  };
  const wrong = () =>
    JSON.stringify({ auths: { [registry.host]: { username: "ci", password: "planted-wrong" } } });

  for (const repository of ["private", "basic", "public"]) {
    it(`is read with the docker login of its registry: ${repository}`, async () => {
      const found = await inspect(repository, good());
      assert.ok(found.ok, JSON.stringify(found));
    });
  }

  for (const repository of ["private", "basic"]) {
    it(`is denied without a login, with a wrong one, and with a broken config.json: ${repository}`, async () => {
      const faults = [
        ["{}", /denie|login|credential/],
        [wrong(), /denie|refuse|credential/],
        ['{"auths": {', /could not be read: .*config\.json/],
      ] as const;
      for (const [config, words] of faults) {
        const found = await inspect(repository, config);
        assert.ok(!found.ok);
        assert.equal(found.failure.kind, "denied");
        assert.match(found.failure.message, words);
        assert.doesNotMatch(found.failure.message, /planted/);
      }
    });
  }

  it("does not affect a public image if config.json is broken", async () => {
    const found = await inspect("public", '{"auths": {');
    assert.ok(found.ok, JSON.stringify(found));
  });
});
