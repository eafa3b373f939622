import assert from "node:assert/strict";
import { AnyResource } from "../../support/engine/engine";
import { engineStacks } from "../../support/engine/stacks";
import { buildImage, pushImage } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

describe("with the real Pulumi engine, a run of some resources only", function () {
  this.timeout(120_000);
  let registry: TestRegistry;
  const engineStack = engineStacks();
  const failClosed = [{ "unverified-image": { enforcementLevel: "mandatory" } }];

  before(async () => {
    registry = await TestRegistry.start();
    pushImage(registry, "app", "good", buildImage({ layers: ["gzip"], family: "docker" }));
  });

  after(async () => {
    await (registry as TestRegistry | undefined)?.stop();
  });

  /** A good task definition, and one new resource of each kind that the run leaves out. */
  function program(): void {
    const image = `${registry.host}/app:good`;
    const list = [{ name: "app", image }];
    const json = JSON.stringify(list);
    const web = new AnyResource("aws:ecs/taskDefinition:TaskDefinition", "web", {
      family: "web",
      containerDefinitions: json,
    });
    const dependsOn = { dependsOn: [web] };
    for (const [type, props] of [
      ["aws:ecs/taskDefinition:TaskDefinition", { family: "x", containerDefinitions: json }],
      ["aws:ecs/daemonTaskDefinition:DaemonTaskDefinition", { family: "x", containerDefinitions: list }],
      ["aws:ecs/expressGatewayService:ExpressGatewayService", { primaryContainer: { image } }],
      [
        "aws:batch/jobDefinition:JobDefinition",
        { type: "container", containerProperties: JSON.stringify({ image }) },
      ],
      ["aws-native:ecs:TaskDefinition", { containerDefinitions: list }],
      ["aws-native:batch:JobDefinition", { type: "container", containerProperties: { image } }],
    ] as const)
      new AnyResource(type, `other-${type.replace(/\W+/g, "-")}`, props, dependsOn);
  }

  for (const selection of [{ target: ["**::web"] }, { exclude: ["**::other-*"] }])
    it(`reports nothing about new resources that it leaves out (${Object.keys(selection).join()})`, async () => {
      const stack = await engineStack(program);
      for (const run of [
        await stack.preview({ configs: failClosed, selection }),
        await stack.up({ configs: failClosed, selection }),
      ]) {
        assert.equal(run.passed, true, run.output);
        assert.deepEqual(run.violations, []);
      }
      assert.deepEqual(stack.created(), ["web"]);
    });

  it("judges the dependents of its targets", async () => {
    const stack = await engineStack(() => {
      const web = new AnyResource("aws:ecs/taskDefinition:TaskDefinition", "web", {
        family: "web",
        containerDefinitions: JSON.stringify([{ image: `${registry.host}/app:good` }]),
      });
      const props = { family: "x", containerDefinitions: "[]" };
      new AnyResource("aws:ecs/taskDefinition:TaskDefinition", "other", props, { dependsOn: [web] });
    });
    const selection = { target: ["**::web"], targetDependents: true };
    const run = await stack.preview({ configs: failClosed, selection });
    assert.equal(run.passed, false, run.output);
    assert.match(run.output, /`other`, at containerDefinitions: there are no container definitions/);
  });

  it("still reports a target that has no containers", async () => {
    const stack = await engineStack(() => {
      new AnyResource("aws:ecs/taskDefinition:TaskDefinition", "web", { family: "web" });
    });
    const run = await stack.preview({ configs: failClosed, selection: { target: ["**::web"] } });
    assert.equal(run.passed, false, run.output);
    assert.match(run.output, /`web`, at containerDefinitions: there are no container definitions/);
  });
});
