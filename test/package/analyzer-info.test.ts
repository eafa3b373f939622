import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AnalyzerInfo } from "@pulumi/pulumi/proto/analyzer_pb";
import { PackProcess } from "../../bench/pack-process";
import { packageFolder } from "../../scripts/bundle/places";
import { writePack } from "../../support/engine/packs";

const library = JSON.stringify(join(packageFolder, "bin/index.js"));
const read = (file: string) => readFileSync(join(packageFolder, file), "utf8");

describe("what the pack tells the engine of itself", function () {
  this.timeout(60_000);
  let folder: string;
  let ours: AnalyzerInfo.AsObject;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-info-"));
    ours = await infoOf(packageFolder);
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  async function infoOf(pack: string): Promise<AnalyzerInfo.AsObject> {
    const running = await PackProcess.start(pack);
    try {
      return (await running.info()).toObject();
    } finally {
      await running.stop();
    }
  }

  it("contains what Pulumi's SDK makes of the same policies, with the settings of each", async () => {
    const pack = writePack(folder, "own", `require(${library}).ecsImagePolicies()`);
    const { policiesList } = await infoOf(pack);
    assert.ok(policiesList.length > 1);
    for (const { configschema } of policiesList) assert.ok(configschema?.properties);
    assert.deepEqual(ours.policiesList, policiesList);
  });

  it("has the package's version and README", () => {
    const { version } = JSON.parse(read("package.json")) as { version: string };
    assert.deepEqual(
      [ours.name, ours.version, ours.readme, ours.supportsconfig],
      ["ecs-image-guard", version, read("README.md"), true],
    );
  });

  it("has each tag once", () => {
    assert.ok(ours.tagsList.includes("ecs"));
    assert.equal(new Set(ours.tagsList).size, ours.tagsList.length);
  });
});
