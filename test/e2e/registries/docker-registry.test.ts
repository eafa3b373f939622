import assert from "node:assert/strict";
import { RegistryClient } from "../../../policypack/registry/client";
import { DockerRegistry, user } from "../../../support/registry/docker-registry";
import { buildImage } from "../../../support/registry/images";
import { digestOf } from "../../../support/registry/registry";
import { assertFails, at, valueOf } from "../../../support/registry/client";

describe("distribution's own registry", function () {
  this.timeout(20_000);
  const running: DockerRegistry[] = [];
  const image = buildImage({ family: "docker", layers: ["gzip", "zstd", "none"] });

  before(function () {
    if (DockerRegistry.available()) return;
    assert.equal(process.env["CI"], undefined, "docker-registry is needed");
    console.log("      docker-registry is not installed here");
    this.skip();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((registry) => registry.stop()));
  });

  async function start(options: { login?: boolean } = {}): Promise<DockerRegistry> {
    const registry = await DockerRegistry.start(options);
    running.push(registry);
    await registry.push("team/app", "1.0", image);
    return registry;
  }

  it("gives its manifests, configs and layers, and says what it has not", async () => {
    const registry = await start();
    const client = new RegistryClient();
    const name = at(registry, "team/app");
    const fetched = valueOf(await client.manifest(name, "1.0"));
    assert.deepEqual([fetched.mediaType, fetched.digest], [image.mediaType, image.digest]);
    assert.deepEqual(valueOf(await client.manifest(name, image.digest)).bytes, fetched.bytes);
    for (const { digest, bytes } of [image.config, ...image.layers])
      assert.deepEqual(Buffer.from(valueOf(await client.blob(name, digest, 1e6))), bytes);
    assertFails(await client.manifest(name, "2.0"), "missing", /has no tag 2\.0 in team\/app$/);
    assertFails(await client.manifest(at(registry, "none"), "1"), "missing", /has no/);
    await client.close();
  });

  it("gives the start of a blob, also of one that is shorter or empty", async () => {
    const registry = await start();
    const client = new RegistryClient();
    for (const [content, expected] of [
      ["0123456789", "0123"],
      ["01", "01"],
      ["", ""],
    ] as const) {
      await registry.putBlob("app", digestOf(content), Buffer.from(content));
      const start = valueOf(await client.blobStart(at(registry), digestOf(content), 4));
      assert.equal(Buffer.from(start).toString("latin1"), expected);
    }
    await client.close();
  });

  it("is logged in to with Basic", async () => {
    const registry = await start({ login: true });
    const client = new RegistryClient({ credentials: () => Promise.resolve(user) });
    valueOf(await client.manifest(at(registry, "team/app"), "1.0"));
    await client.close();
    const stranger = new RegistryClient();
    assertFails(
      await stranger.manifest(at(registry, "team/app"), "1.0"),
      "denied",
      /without credentials .*authentication required/,
    );
    await stranger.close();
  });
});
