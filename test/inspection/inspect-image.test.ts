import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { inspectImage, InvalidPlatformError, isMixed } from "../../policypack";
import { finished } from "../../support/process/command";
import { buildImage, pushImage, pushIndex } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

const arm = { os: "linux", architecture: "arm64" };

describe("inspectImage", () => {
  let registry: TestRegistry;
  before(async () => {
    registry = await TestRegistry.start();
    pushImage(registry, "app", "1", buildImage({ layers: ["gzip", "zstd"], family: "docker" }));
    pushIndex(registry, "app", "both", [
      buildImage({ layers: ["gzip"], family: "oci", platform: { os: "linux", architecture: "amd64" } }),
      buildImage({ layers: ["zstd", "zstd"], family: "oci", platform: arm }),
    ]);
  });
  after(() => registry.stop());

  it("returns the compression of each layer", async () => {
    const outcome = await inspectImage(`${registry.host}/app:1`);
    assert.ok(outcome.ok);
    assert.deepEqual(
      outcome.value.layers.map(({ compression }) => compression),
      ["gzip", "zstd"],
    );
    assert.equal(isMixed(outcome.value.layers), true);
  });

  for (const [title, options, layers] of [
    ["linux/amd64 where none is named", {}, 1],
    ["the platform of a text", { platform: "linux/arm64" }, 2],
    ["a parsed platform", { platform: arm }, 2],
  ] as const)
    it(`inspects for ${title}`, async () => {
      const outcome = await inspectImage(`${registry.host}/app:both`, options);
      assert.equal(outcome.ok && outcome.value.layers.length, layers);
    });

  it("returns failures as values, and throws only for an invalid platform", async () => {
    const failed = async (image: string) => {
      const outcome = await inspectImage(image);
      return outcome.ok ? undefined : outcome.failure.kind;
    };
    assert.equal(await failed(`${registry.host}/app:2`), "missing");
    assert.equal(await failed("No Name"), "invalid-reference");
    await assert.rejects(inspectImage("nginx", { platform: "linux/armm64" }), InvalidPlatformError);
  });

  it("keeps nothing open, so that the script ends", async () => {
    // The registry would close an idle connection after 5 s.
    const script = `require("pulumi-ecs-image-guard").inspectImage(process.argv[1]).then(({ ok }) => {
      const done = performance.now();
      process.on("exit", () => console.log(ok, performance.now() - done < 4_000));
    })`;
    const options = { cwd: join(__dirname, "../.."), timeout: 25_000 };
    const child = execFile(process.execPath, ["-e", script, `${registry.host}/app:1`], options);
    assert.deepEqual(await finished(child), { passed: true, output: "true true\n" });
  });
});
