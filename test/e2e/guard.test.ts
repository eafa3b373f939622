import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ComponentResource, type Input, output } from "@pulumi/pulumi";
import { AnyResource, guard, Repository } from "../../support/engine/engine";
import { engineStacks } from "../../support/engine/stacks";
import { buildImage, pushImage, pushMixedOnArm, threeGzipTwelveZstd } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

function task(
  name: string,
  images: readonly Input<string>[],
  more: object = {},
  parent?: ComponentResource,
): void {
  const containerDefinitions = output(images).apply((known) =>
    JSON.stringify(known.map((image, i) => ({ name: `c${i}`, image }))),
  );
  new AnyResource(
    "aws:ecs/taskDefinition:TaskDefinition",
    name,
    { family: name, containerDefinitions, ...more },
    parent === undefined ? {} : { parent },
  );
}

describe("with the real Pulumi engine, the pack", function () {
  this.timeout(120_000);
  let registry: TestRegistry;
  const engineStack = engineStacks();
  const image = (name: string) => `${registry.host}/${name}`;

  before(async () => {
    registry = await TestRegistry.start();
    pushImage(registry, "app", "good", buildImage({ layers: ["gzip", "gzip"], family: "docker" }));
    pushImage(registry, "app", "mixed", buildImage({ layers: threeGzipTwelveZstd, family: "docker" }));
    pushMixedOnArm(registry, "app", "arm-mixed");
  });

  after(async () => {
    // The registry is missing where the suite was skipped.
    await (registry as TestRegistry | undefined)?.stop();
  });

  it("blocks the preview of a mixed image, naming container, layers and error", async () => {
    const stack = await engineStack(() => {
      task("web", [image("app:good"), image("app:mixed")]);
    });
    const run = await stack.preview();
    assert.equal(run.passed, false);
    assert.match(run.output, /\[mandatory\].*mixed-layer-compression {2}\(aws:ecs.*: web\)/);
    assert.match(run.output, /used by +`web`: `c1`/);
    assert.match(run.output, /1–3 +gzip .*\n.*4–15 +zstd/);
    assert.match(run.output, /number of layers and diffIDs don't match: 3 != 15/);
  });

  it("blocks an update before the resource is created", async () => {
    const stack = await engineStack(() => {
      task("before", [image("app:good")]);
      task("web", [image("app:mixed")]);
    });
    const run = await stack.up();
    assert.equal(run.passed, false);
    assert.match(run.output, /mixed-layer-compression/);
    assert.ok(!stack.created().includes("web"));
  });

  it("lets the fixed program pass preview and update, silently", async () => {
    const stack = await engineStack(() => {
      task("web", [image("app:good")]);
      task("arm", [image("app:arm-mixed")]);
    });
    for (const run of [await stack.preview(), await stack.up()]) {
      assert.equal(run.passed, true, run.output);
      assert.doesNotMatch(run.output, /mixed-layer-compression|unverified-image/);
    }
    assert.deepEqual(stack.created().sort(), ["arm", "web"]);
  });

  it("judges the manifest of the task's platform", async () => {
    const stack = await engineStack(() => {
      task("arm", [image("app:arm-mixed")], { runtimePlatform: { cpuArchitecture: "ARM64" } });
    });
    const run = await stack.preview();
    assert.equal(run.passed, false);
    assert.match(run.output, /image +\S+:arm-mixed \(linux\/arm64\)/);
  });

  it("names an image that the preview cannot know, and judges it in the update", async () => {
    const stack = await engineStack(() => {
      const { repositoryUrl } = new Repository("repo", image("app"));
      task("web", [repositoryUrl.apply((url) => `${url}:mixed`)]);
    });
    const preview = await stack.preview();
    assert.equal(preview.passed, true, preview.output);
    assert.match(preview.output, /\[advisory\].*unverified-image.*: web\)/);
    assert.match(preview.output, /known only during the update/);
    const update = await stack.up();
    assert.equal(update.passed, false);
    assert.match(update.output, /\[mandatory\].*mixed-layer-compression/);
    assert.deepEqual(stack.created(), ["repo"]);
  });

  it("does not let fail-closed block a preview for what only the update can know", async () => {
    const stack = await engineStack(() => {
      const { repositoryUrl } = new Repository("repo", image("app"));
      task("web", [repositoryUrl.apply((url) => `${url}:good`)]);
    });
    const configs = [{ "unverified-image": { enforcementLevel: "mandatory" } }];
    const preview = await stack.preview({ configs });
    assert.equal(preview.passed, true, preview.output);
    const update = await stack.up({ configs });
    assert.equal(update.passed, true, update.output);
  });

  it("reports a dead registry as advisory and still judges the rest", async () => {
    const stack = await engineStack(() => {
      task("dead", ["127.0.0.1:1/app:1"]);
      task("web", [image("app:mixed")]);
    });
    const run = await stack.preview();
    assert.equal(run.passed, false);
    assert.match(run.output, /\[advisory\].*unverified-image[\s\S]*unreachable: /);
    assert.match(run.output, /\[mandatory\].*mixed-layer-compression/);
    assert.match(run.output, /ecs-image-guard: 2 images \(1 unverified\), /);
    const silent = await stack.preview({
      configs: [{ "unverified-image": { enforcementLevel: "disabled" } }],
    });
    assert.doesNotMatch(silent.output, /unreachable: /);
    assert.match(silent.output, /ecs-image-guard: 2 images \(1 unverified\), /);
  });

  it("fails closed if unverified-image is mandatory", async () => {
    const stack = await engineStack(() => {
      task("gone", [image("app:no-such-tag")]);
    });
    assert.equal((await stack.preview()).passed, true);
    const run = await stack.preview({ configs: [{ "unverified-image": { enforcementLevel: "mandatory" } }] });
    assert.equal(run.passed, false);
    assert.match(run.output, /missing: /);
  });

  it("reads aws-native resources, and those that components create", async () => {
    const stack = await engineStack(() => {
      new AnyResource("aws-native:ecs:TaskDefinition", "native", {
        containerDefinitions: [{ name: "app", image: image("app:mixed") }],
      });
      task("child", [image("app:mixed")], {}, new ComponentResource("my:web:Service", "component"));
    });
    const run = await stack.preview();
    assert.equal(run.passed, false);
    // The engine registers them in an order of its own.
    for (const user of [/\(aws-native:ecs:TaskDefinition: native\)/, /\(aws:ecs:TaskDefinition: child\)/])
      assert.match(run.output, user);
    assert.match(run.output, / `(native`: `app|child`: `c0)`, and 1 other resource\n/);
  });

  it("reports the place of a fault in a definition, and blocks an impossible name, without a stack trace", async () => {
    const stack = await engineStack(() => {
      const props = { containerDefinitions: '[{"name":"app","image":' };
      new AnyResource("aws:ecs/taskDefinition:TaskDefinition", "broken", props);
      task("nameless", ["Not A Name"]);
    });
    const run = await stack.preview();
    assert.equal(run.passed, false, run.output);
    assert.match(run.output, /`broken`, at containerDefinitions: .*not valid JSON/);
    assert.match(run.output, /cannot use this image name[^]*image +Not A Name/);
    assert.doesNotMatch(run.output, /\.js:\d+|guard itself failed/);
  });

  it("takes its settings from the configuration, shared by both policies", async () => {
    const stack = await engineStack(() => {
      task("web", [image("app:mixed")]);
      task("gone", [image("gone:1")]);
    });
    const exclude = [
      { image: image("app"), reason: "EC2 only, TEAM-1" },
      { image: image("gone"), reason: "pushed later" },
    ];
    const run = await stack.preview({
      configs: [{ "mixed-layer-compression": { enforcementLevel: "mandatory", exclude } }],
    });
    assert.equal(run.passed, true, run.output);
    assert.match(run.output, /\[advisory\].*mixed-layer-compression[\s\S]*EC2 only, TEAM-1/);
    assert.doesNotMatch(run.output, /unverified-image/);
  });

  it("refuses a misspelt setting with a hint", async () => {
    const stack = await engineStack(() => {
      task("web", [image("app:good")]);
    });
    const run = await stack.preview({
      configs: [{ "mixed-layer-compression": { enforcementLevel: "mandatory", exlude: [] } }],
    });
    assert.equal(run.passed, false);
    assert.match(run.output, /Did you mean `exclude`\?/);
  });

  it("runs beside another pack, and again from node_modules", async () => {
    const project = mkdtempSync(join(tmpdir(), "ecs-image-guard-project-"));
    try {
      const installed = join(project, "node_modules", "pulumi-ecs-image-guard");
      mkdirSync(join(project, "node_modules"));
      symlinkSync(guard, installed);
      symlinkSync(resolve(__dirname, "../../node_modules/@pulumi"), join(project, "node_modules", "@pulumi"));
      const stack = await engineStack(() => {
        task("web", [image("app:mixed")]);
      });
      const run = await stack.preview({ packs: [otherPack(project), installed] });
      assert.equal(run.passed, false);
      assert.match(run.output, /other-pack@v1\.0\.0/);
      assert.equal(run.output.match(/\[mandatory\].*mixed-layer-compression/g)?.length, 2);
    } finally {
      rmSync(project, { recursive: true, force: true });
    }
  });
});

/** Another team's pack, which takes our policies into its own. */
function otherPack(folder: string): string {
  const pack = join(folder, "other-pack");
  mkdirSync(pack);
  writeFileSync(join(pack, "PulumiPolicy.yaml"), "runtime: nodejs\n");
  writeFileSync(
    join(pack, "package.json"),
    JSON.stringify({ name: "other-pack", version: "1.0.0", main: "index.js" }),
  );
  const source = `const { PolicyPack } = require("@pulumi/policy");
const { ecsImagePolicies } = require("pulumi-ecs-image-guard");
new PolicyPack("other-pack", { policies: ecsImagePolicies() });\n`;
  writeFileSync(join(pack, "index.js"), source);
  return pack;
}
