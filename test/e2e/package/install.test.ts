import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PulumiCommand } from "@pulumi/pulumi/automation";
import { engineFor } from "../../../support/engine/engine";
import { assertGuards, mixedAndGood } from "../../../support/engine/guarding";
import { finished } from "../../../support/process/command";
import {
  builtTarball,
  type InstalledPackage,
  installTarball,
} from "../../../support/process/installed-package";
import type { TestRegistry } from "../../../support/registry/registry";

describe("the package, installed by npm with an empty cache and no registry", function () {
  this.timeout(180_000);
  let engine: PulumiCommand;
  let registry: TestRegistry;
  let project = "";
  let installed: InstalledPackage;

  before(async function () {
    engine = await engineFor(this);
    registry = await mixedAndGood();
    project = mkdtempSync(join(tmpdir(), "ecs-image-guard-install-"));
    installed = await installTarball(await builtTarball(), project);
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

  it("blocks a mixed image and lets a good one pass, as a pack", () =>
    assertGuards(engine, installed.folder, `${registry.host}/app`));

  it("blocks a mixed image and lets a good one pass, if the engine runs bin/pack.js itself", () =>
    assertGuards(engine, join(installed.folder, "bin/pack.js"), `${registry.host}/app`));
});
