import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AnyResource, Repository } from "../../support/engine/engine";
import { engineStacks } from "../../support/engine/stacks";
import { writePack } from "../../support/engine/packs";

/** Blocks what is named as its setting says, and tells the value of `props.url` where it is known. */
const blocking = `[{
  name: "no-such-name", description: "blocks a name", enforcementLevel: "mandatory",
  configSchema: { properties: { forbidden: { type: "string", default: "forbidden" } } },
  validateResource: (args, report) => {
    if (args.name === args.getConfig().forbidden) report("the name " + args.name + " is taken");
  },
}]`;

const readingUrl = `[{
  name: "tells-url", description: "tells a URL", enforcementLevel: "advisory",
  validateResource: (args, report) => {
    if (args.name === "reader") report("the url is " + args.props.url);
  },
}]`;

describe("the harness of the real Pulumi engine", function () {
  this.timeout(60_000);
  const create = engineStacks();
  let folder = "";
  let empty: string;
  let blocker: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-packs-"));
    empty = writePack(folder, "empty");
    blocker = writePack(folder, "blocker", blocking);
  });

  after(() => {
    if (folder !== "") rmSync(folder, { recursive: true, force: true });
  });

  it("creates nothing in a preview, everything in an update, and destroys it", async () => {
    const stack = await create(() => {
      new AnyResource("aws:ecs/taskDefinition:TaskDefinition", "classic", { family: "app" });
      new AnyResource("aws-native:ecs:TaskDefinition", "native", { family: "app" });
    });
    const preview = await stack.preview({ packs: [empty] });
    assert.equal(preview.passed, true, preview.output);
    assert.match(preview.output, /empty@v1\.0\.0/);
    assert.deepEqual(preview.violations, []);
    assert.deepEqual(stack.created(), []);
    const update = await stack.up({ packs: [empty] });
    assert.equal(update.passed, true, update.output);
    assert.deepEqual(stack.created().sort(), ["classic", "native"]);
    const destroyed = await stack.destroy();
    assert.equal(destroyed.passed, true, destroyed.output);
    assert.match(destroyed.output, /- 3 deleted/);
  });

  it("stops at a mandatory violation, in an update before the resource is created", async () => {
    const stack = await create(() => {
      new AnyResource("aws:ecs/taskDefinition:TaskDefinition", "forbidden", { family: "app" });
    });
    for (const run of [await stack.preview({ packs: [blocker] }), await stack.up({ packs: [blocker] })]) {
      assert.equal(run.passed, false);
      assert.match(run.output, /the name forbidden is taken/);
      assert.deepEqual(
        run.violations.map(({ policyName, enforcementLevel }) => [policyName, enforcementLevel]),
        [["no-such-name", "mandatory"]],
      );
    }
    assert.deepEqual(stack.created(), []);
  });

  it("gives each of several packs its own configuration", async () => {
    const stack = await create(() => {
      new AnyResource("aws:ecs/taskDefinition:TaskDefinition", "renamed", { family: "app" });
    });
    const configs = [{}, { "no-such-name": { enforcementLevel: "mandatory", forbidden: "renamed" } }];
    const run = await stack.preview({ packs: [empty, blocker], configs });
    assert.equal(run.passed, false);
    assert.match(run.output, /empty@v1\.0\.0/);
    assert.match(run.output, /the name renamed is taken/);
  });

  it("keeps outputs unknown in a preview and knows them in the update", async () => {
    const stack = await create(() => {
      const { repositoryUrl } = new Repository("repo", "registry.example/app");
      new AnyResource("aws:ecs/taskDefinition:TaskDefinition", "reader", { url: repositoryUrl });
    });
    const packs = [writePack(folder, "reader", readingUrl)];
    const preview = await stack.preview({ packs });
    assert.equal(preview.passed, true, preview.output);
    assert.match(preview.output, /can't run policy.*during preview/s);
    assert.doesNotMatch(preview.output, /the url is/);
    assert.match((await stack.up({ packs })).output, /the url is registry\.example\/app/);
  });

  it("reports a program that fails as a run that did not pass", async () => {
    const stack = await create(() => {
      throw new Error("the program is at fault");
    });
    const run = await stack.preview({ packs: [empty] });
    assert.equal(run.passed, false);
    assert.match(run.output, /the program is at fault/);
  });
});
