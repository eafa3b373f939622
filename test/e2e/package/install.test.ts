import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PulumiCommand } from "@pulumi/pulumi/automation";
import { packageFolder } from "../../../scripts/bundle/places";
import { AnyResource, engineFor, EngineStack } from "../../../support/engine/engine";
import { finished } from "../../../support/process/command";
import { buildImage, pushImage, threeGzipTwelveZstd } from "../../../support/registry/images";
import { TestRegistry } from "../../../support/registry/registry";

describe("the package, installed by npm with an empty cache and no registry", function () {
  this.timeout(180_000);
  let engine: PulumiCommand;
  let registry: TestRegistry;
  let project = "";

  before(async function () {
    engine = await engineFor(this);
    registry = await TestRegistry.start();
    pushImage(registry, "app", "good", buildImage({ layers: ["gzip", "gzip"], family: "docker" }));
    pushImage(registry, "app", "mixed", buildImage({ layers: threeGzipTwelveZstd, family: "docker" }));
    project = mkdtempSync(join(tmpdir(), "ecs-image-guard-install-"));
    const env = {
      ...process.env,
      npm_config_registry: "http://127.0.0.1:9/",
      npm_config_cache: join(project, "cache"),
      npm_config_fetch_retries: "0",
    };
    const npm = (cwd: string, ...args: string[]) =>
      finished(execFile("npm", args, { cwd, env, timeout: 100_000 }));
    const packed = await npm(packageFolder, "pack", "--silent", "--pack-destination", project);
    assert.ok(packed.passed, packed.output);
    mkdirSync(join(project, "app"));
    writeFileSync(join(project, "app/package.json"), JSON.stringify({ name: "app", private: true }));
    const installed = await npm(join(project, "app"), "install", join(project, packed.output.trim()));
    assert.ok(installed.passed, installed.output);
  });

  after(async () => {
    // Both are missing if the suite was skipped.
    await (registry as TestRegistry | undefined)?.stop();
    rmSync(project, { recursive: true, force: true });
  });

  const modules = () => join(project, "app/node_modules");

  it("brings no other package", () => {
    const names = readdirSync(modules()).filter((name) => !name.startsWith("."));
    assert.deepEqual(names, ["pulumi-ecs-image-guard"]);
  });

  it("has a command that runs", async () => {
    const run = await finished(
      execFile(join(modules(), ".bin/ecs-image-guard"), ["--version"], { timeout: 30_000 }),
    );
    assert.match(run.output, /^\d+\.\d+\.\d+\n$/);
  });

  for (const [tag, passes] of [
    ["mixed", false],
    ["good", true],
  ] as const)
    it(`${passes ? "lets a good image pass" : "blocks a mixed image"} as a pack`, async () => {
      const stack = await EngineStack.create(engine, () => {
        const containerDefinitions = JSON.stringify([{ name: "app", image: `${registry.host}/app:${tag}` }]);
        new AnyResource("aws:ecs/taskDefinition:TaskDefinition", tag, { family: tag, containerDefinitions });
      });
      try {
        const run = await stack.preview({ packs: [join(modules(), "pulumi-ecs-image-guard")] });
        assert.equal(run.passed, passes, run.output);
        assert.equal(/\[mandatory\].*mixed-layer-compression/.test(run.output), !passes, run.output);
      } finally {
        stack.remove();
      }
    });
});
