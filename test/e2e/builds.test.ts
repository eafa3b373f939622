import assert from "node:assert/strict";
import { secret } from "@pulumi/pulumi";
import { AnyResource, Repository } from "../../support/engine/engine";
import { engineStacks } from "../../support/engine/stacks";
import { buildImage, pushImage } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

const level = (enforcementLevel: string) => ({ configs: [{ "build-compression": { enforcementLevel } }] });

describe("with the real Pulumi engine, build-compression", function () {
  this.timeout(120_000);
  let registry: TestRegistry;
  const engineStack = engineStacks();
  const build = (name: string, dockerfile: object, more: object = { push: true }) =>
    new AnyResource("docker-build:index:Image", name, {
      dockerfile,
      tags: [`${registry.host}/app:1`],
      platforms: ["linux/amd64"],
      buildArgs: { TOKEN: secret("hush-hush") },
      ...more,
    });
  const from = (tag: string) => ({
    inline: `ARG TAG=${tag}\nFROM ${registry.host}/base:$TAG\nCOPY . /app\n`,
  });

  before(async () => {
    registry = await TestRegistry.start();
    pushImage(registry, "base", "zstd", buildImage({ layers: ["zstd", "zstd"], family: "docker" }));
    pushImage(registry, "base", "gzip", buildImage({ layers: ["gzip"], family: "docker" }));
  });

  after(async () => {
    // The registry is missing where the suite was skipped.
    await (registry as TestRegistry | undefined)?.stop();
  });

  it("reports in a preview which build will push a mix, and lets it pass", async () => {
    const stack = await engineStack(() => {
      build("good", from("gzip"));
      build("bad", from("zstd"));
      build("plain", from("zstd"), { load: true });
    });
    const run = await stack.preview();
    assert.equal(run.passed, true, run.output);
    const told = run.violations.filter(({ policyName }) => policyName === "build-compression");
    assert.deepEqual(
      told.map(({ resourceUrn, enforcementLevel }) => [resourceUrn?.split("::").at(-1), enforcementLevel]),
      [["bad", "advisory"]],
    );
    assert.match(run.output, /number of layers and diffIDs don't match: 1 != 3/);
    assert.ok(!run.output.includes("hush-hush"));
  });

  it("changes the resource's inputs at the level `remediate`, and then reports nothing", async () => {
    const stack = await engineStack(() => {
      const { repositoryUrl } = new Repository("repo", `${registry.host}/app`);
      build("bad", from("zstd"), { push: true, tags: [repositoryUrl] });
      build("own", from("zstd"), { exports: secret([{ registry: { names: ["kept"] } }]) });
      build("good", from("gzip"));
    });
    const preview = await stack.preview(level("remediate"));
    assert.equal(preview.passed, true, preview.output);
    const update = await stack.up(level("remediate"));
    assert.equal(update.passed, true, update.output);
    assert.ok(!update.output.includes("hush-hush"));
    const inputs = await stack.inputs();
    const safe = { compression: "zstd", compressionLevel: 3, forceCompression: true, ociMediaTypes: true };
    assert.deepEqual(inputs.get("bad")?.["exports"], [{ registry: { push: true, ...safe } }]);
    assert.equal(inputs.get("bad")?.["push"], false);
    assert.match(
      JSON.stringify(inputs.get("own")?.["exports"]),
      /ciphertext|4dabf18193072939515e22adb298388d/,
    );
    assert.equal(inputs.get("good")?.["exports"], undefined);
    assert.equal(inputs.get("good")?.["push"], true);
  });

  it("blocks if it is mandatory, before anything is built", async () => {
    const stack = await engineStack(() => {
      build("bad", from("zstd"));
    });
    const run = await stack.up(level("mandatory"));
    assert.equal(run.passed, false);
    assert.deepEqual(stack.created(), []);
  });

  it("reads a Dockerfile beside the program", async () => {
    const stack = await engineStack(() => {
      build("bad", { location: "docker/Dockerfile.app" });
      build("gone", { location: "docker/None" });
    });
    stack.write("docker/Dockerfile.app", from("zstd").inline);
    const run = await stack.preview();
    assert.equal(run.passed, true, run.output);
    assert.match(run.output, /`bad`: push[^]*1 layer: COPY in line 3/);
    assert.match(run.output, /`gone` is not known: docker\/None cannot be read \(ENOENT\)/);
  });
});
