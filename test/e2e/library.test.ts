import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AnyResource, engineFor, EngineStack, guard } from "../../support/engine/engine";
import { buildImage, pushImage, threeGzipTwelveZstd } from "../../support/registry/images";
import { installExample } from "../../support/process/installed-pack";
import { TestRegistry } from "../../support/registry/registry";

describe("another team's pack, with our policies installed from the tarball", function () {
  this.timeout(120_000);
  let registry: TestRegistry;
  let folder = "";
  let pack = "";
  let preview: (
    images: readonly string[],
    packs: readonly string[],
    configs?: object[],
  ) => ReturnType<EngineStack["preview"]>;
  const stacks: EngineStack[] = [];

  before(async function () {
    const engine = await engineFor(this);
    registry = await TestRegistry.start();
    pushImage(registry, "app", "good", buildImage({ layers: ["gzip", "gzip"], family: "docker" }));
    pushImage(registry, "app", "mixed", buildImage({ layers: threeGzipTwelveZstd, family: "docker" }));
    folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-library-"));
    pack = await installExample(folder, "policy-pack");
    preview = async (images, packs, configs) => {
      const stack = await EngineStack.create(engine, () => {
        const containers = images.map((image, i) => ({ name: `c${i}`, image }));
        const containerDefinitions = JSON.stringify(containers);
        new AnyResource("aws:ecs/taskDefinition:TaskDefinition", "web", { containerDefinitions });
      });
      stacks.push(stack);
      return stack.preview({ packs, ...(configs ? { configs } : {}) });
    };
  });

  after(async () => {
    for (const stack of stacks) stack.remove();
    if (folder !== "") rmSync(folder, { recursive: true, force: true });
    // The registry is missing where the suite was skipped.
    await (registry as TestRegistry | undefined)?.stop();
  });

  const mixed = () => `${registry.host}/app:mixed`;
  const dead = "127.0.0.1:1/app:1";

  const told = ({ violations }: Awaited<ReturnType<EngineStack["preview"]>>) =>
    violations.map(
      (violation) => `${violation.policyPackName} ${violation.policyName} ${violation.enforcementLevel}`,
    );

  it("blocks a mixed image, beside its own policies", async () => {
    const run = await preview([mixed()], [pack]);
    assert.equal(run.passed, false);
    assert.deepEqual(told(run).sort(), [
      "our-policies mixed-layer-compression mandatory",
      "our-policies task-definitions-have-a-family advisory",
    ]);
  });

  it("fails closed, as its code says, until its configuration says otherwise", async () => {
    const closed = await preview([dead], [pack]);
    assert.equal(closed.passed, false);
    assert.ok(told(closed).includes("our-policies unverified-image mandatory"), closed.output);
    const open = await preview(
      ["app:gone"],
      [pack],
      [{ "unverified-image": { enforcementLevel: "advisory" } }],
    );
    assert.equal(open.passed, true, open.output);
    assert.ok(told(open).includes("our-policies unverified-image advisory"), open.output);
  });

  it("blocks an update before the resource is created", async () => {
    await preview([mixed()], [pack]);
    const stack = stacks.at(-1);
    assert.ok(stack !== undefined);
    const run = await stack.up({ packs: [pack] });
    assert.equal(run.passed, false, run.output);
    assert.match(run.output, /\[mandatory\].*mixed-layer-compression/);
    assert.deepEqual(stack.created(), []);
  });

  it("lets a good image pass", async () => {
    const run = await preview([`${registry.host}/app:good`], [pack]);
    assert.equal(run.passed, true, run.output);
    assert.match(run.output, /our-policies@v1\.0\.0/);
  });

  it("judges by its own settings beside the guard's own pack in one preview", async () => {
    const exclude = [{ image: mixed(), reason: "EC2 only, TEAM-1" }];
    const run = await preview(
      [mixed(), dead],
      [pack, guard],
      [{}, { "mixed-layer-compression": { enforcementLevel: "mandatory", exclude } }],
    );
    assert.equal(run.passed, false);
    assert.deepEqual(told(run).sort(), [
      "ecs-image-guard mixed-layer-compression advisory",
      "ecs-image-guard unverified-image advisory",
      "our-policies mixed-layer-compression mandatory",
      "our-policies task-definitions-have-a-family advisory",
      "our-policies unverified-image mandatory",
    ]);
    assert.doesNotMatch(run.output, /guard itself failed/);
  });
});
