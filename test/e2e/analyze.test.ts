import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { secret } from "@pulumi/pulumi";
import { AnyResource, engineFor, EngineStack, guard } from "../../support/engine/engine";
import { buildImage, pushImage, threeGzipTwelveZstd } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

const good = buildImage({ layers: ["gzip", "gzip"], family: "docker" });
const mixed = buildImage({ layers: threeGzipTwelveZstd, family: "docker" });

/** How many task definitions the stack runs; all but `web`, `native` and `keeper`. */
const many = 12;

describe("pulumi policy analyze", function () {
  this.timeout(120_000);
  let registry: TestRegistry;
  let stack: EngineStack | undefined;
  let exported = "";
  const image = (name: string) => `${registry.host}/${name}`;
  const containers = (name: string) => JSON.stringify([{ name: "app", image: image(name) }]);

  /** A stack that was deployed in good order; then `app:moved` was pushed again, with a mix. */
  before(async function () {
    const engine = await engineFor(this);
    registry = await TestRegistry.start();
    for (const tag of ["moved", "kept"]) pushImage(registry, "app", tag, good);
    for (let i = 0; i < many; i++) pushImage(registry, `team/${i}`, "1", good);
    stack = await EngineStack.create(engine, () => {
      const classic = "aws:ecs/taskDefinition:TaskDefinition";
      new AnyResource(classic, "web", { containerDefinitions: containers("app:moved") });
      new AnyResource("aws-native:ecs:TaskDefinition", "native", {
        containerDefinitions: [{ name: "app", image: image("app:moved") }],
      });
      new AnyResource(classic, "keeper", { containerDefinitions: secret(containers("app:kept")) });
      for (let i = 0; i < many; i++)
        new AnyResource(classic, `task-${i}`, { containerDefinitions: containers(`team/${i}:1`) });
    });
    const deployed = await stack.up();
    assert.equal(deployed.passed, true, deployed.output);
    pushImage(registry, "app", "moved", mixed);
    exported = join(stack.workFolder, "state.json");
    await stack.command("stack", "export", "--file", exported);
  });

  after(async () => {
    stack?.remove();
    // The registry is missing where the suite was skipped.
    await (registry as TestRegistry | undefined)?.stop();
  });

  const analyzeIn = (environment: Readonly<Record<string, string>>, ...args: readonly string[]) =>
    stack!.commandIn(environment, "policy", "analyze", "--policy-pack", guard, ...args);
  const analyze = (...args: readonly string[]) => analyzeIn({}, ...args);

  for (const [title, environment, args] of [
    ["", {}, ["--stack", "test"]],
    [", with the stack named by PULUMI_STACK", { PULUMI_STACK: "test", PULUMI_DRY_RUN: "false" }, []],
  ] as const)
    it(`tells which workloads of a stack would not survive their next restart, and their cause once${title}`, async () => {
      const run = await analyzeIn(environment, ...args);
      assert.equal(run.passed, false, run.output);
      assert.equal(run.output.match(/\[mandatory\].*mixed-layer-compression/g)?.length, 2, run.output);
      assert.equal(run.output.match(/used by +`(web|native)`: `app`, and 1 other resource/g)?.length, 1);
      assert.equal(run.output.match(/Mixes gzip and zstd layers, like `(web|native)`/g)?.length, 1);
      assert.doesNotMatch(run.output, /keeper|task-\d/);
      assert.match(run.output, /mandatory policy violations were found/);
    });

  it("inspects all images in parallel", async () => {
    let most = 0;
    registry.latencyMs = 200;
    registry.onRequest = () => {
      most = Math.max(most, registry.log.filter(({ status }) => status === undefined).length);
      return false;
    };
    try {
      await analyze("--stack", "test");
    } finally {
      registry.latencyMs = 0;
      registry.onRequest = undefined;
    }
    assert.ok(most >= 4, `at most ${most} requests ran at once`);
  });

  it("reads an exported state file, leaving out what only waits to be deleted", async () => {
    const state = await editedState((resources) => {
      for (const resource of resources)
        if (/::(web|native)$/.test(String(resource["urn"]))) resource["delete"] = true;
    });
    const mended = await analyze("--file", state);
    assert.equal(mended.passed, true, mended.output);
    assert.doesNotMatch(mended.output, /mixed-layer-compression/);
    const run = await analyze("--file", exported);
    assert.equal(run.passed, false, run.output);
    assert.match(run.output, /used by +`(web|native)`: `app`, and 1 other resource/);
  });

  it("says which definitions it could not decrypt", async () => {
    const config = join(stack!.workFolder, "strict.json");
    writeFileSync(config, JSON.stringify({ "unverified-image": { enforcementLevel: "mandatory" } }));
    const state = await editedState((_, deployment) => {
      deployment["secrets_providers"] = {
        type: "service",
        state: { url: "https://api.example", owner: "o", project: "p", stack: "s" },
      };
    });
    const run = await analyze("--file", state, "--policy-pack-config", config);
    assert.equal(run.passed, false, run.output);
    assert.match(run.output, /`keeper`, at containerDefinitions: .*secret that could not be decrypted/);
    assert.doesNotMatch(run.output, /AWS would refuse/);
  });

  type Json = Record<string, unknown>;

  async function editedState(edit: (resources: Json[], deployment: Json) => void): Promise<string> {
    const run = await stack!.command("stack", "export");
    const state = JSON.parse(run.output) as { deployment: Json & { resources: Json[] } };
    edit(state.deployment.resources, state.deployment);
    const file = join(stack!.workFolder, "edited.json");
    writeFileSync(file, JSON.stringify(state));
    return file;
  }
});
