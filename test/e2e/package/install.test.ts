import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PulumiCommand } from "@pulumi/pulumi/automation";
import { AnyResource, engineFor, EngineStack } from "../../../support/engine/engine";
import { finished } from "../../../support/process/command";
import {
  type InstalledPackage,
  installTarball,
  packTarball,
} from "../../../support/process/installed-package";
import { buildImage, pushImage, threeGzipTwelveZstd } from "../../../support/registry/images";
import { TestRegistry } from "../../../support/registry/registry";

describe("the package, installed by npm with an empty cache and no registry", function () {
  this.timeout(180_000);
  let engine: PulumiCommand;
  let registry: TestRegistry;
  let project = "";
  let installed: InstalledPackage;

  before(async function () {
    engine = await engineFor(this);
    registry = await TestRegistry.start();
    pushImage(registry, "app", "good", buildImage({ layers: ["gzip", "gzip"], family: "docker" }));
    pushImage(registry, "app", "mixed", buildImage({ layers: threeGzipTwelveZstd, family: "docker" }));
    project = mkdtempSync(join(tmpdir(), "ecs-image-guard-install-"));
    installed = await installTarball(await packTarball(project), project);
  });

  after(async () => {
    // Both are missing if the suite was skipped.
    await (registry as TestRegistry | undefined)?.stop();
    if (project !== "") rmSync(project, { recursive: true, force: true });
  });

  const modules = () => join(installed.folder, "..");

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
        const run = await stack.preview({ packs: [installed.folder] });
        assert.equal(run.passed, passes, run.output);
        assert.equal(/\[mandatory\].*mixed-layer-compression/.test(run.output), !passes, run.output);
      } finally {
        stack.remove();
      }
    });
});
