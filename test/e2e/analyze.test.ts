import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { secret } from "@pulumi/pulumi";
import { dummyKeys, FakeEcr, json as answer, useAwsEnvironment } from "../../support/aws/fake-ecr";
import { declare, json, ref } from "../../support/engine/declared";
import { AnyResource, engineFor, EngineStack, guard } from "../../support/engine/engine";
import { attach, role, task, trust } from "../../support/engine/fragments";
import { engineStacks } from "../../support/engine/stacks";
import { buildImage, pushImage, threeGzipTwelveZstd } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";
import { publicNet, service, sg } from "../policies/programs/networks";

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
    it(`reports the workloads of a stack that would fail at their next restart, and their cause once${title}`, async () => {
      const run = await analyzeIn(environment, ...args);
      assert.equal(run.passed, false, run.output);
      assert.equal(run.output.match(/\[mandatory\].*mixed-layer-compression/g)?.length, 2, run.output);
      assert.equal(run.output.match(/used by +`(web|native)`: `app`, and 1 other resource/g)?.length, 1);
      assert.equal(run.output.match(/Mixes gzip and zstd layers, like `(web|native)`/g)?.length, 1);
      assert.doesNotMatch(run.output, /keeper|task-\d/);
      assert.match(run.output, /mandatory policy violations were found/);
    });

  it("inspects all images in parallel", async () => {
    // Requests that come one after the other get no answer, and the images would not be verified.
    registry.gather(many);
    const run = await analyze("--stack", "test");
    assert.match(run.output, /mixed-layer-compression/);
    assert.doesNotMatch(run.output, /unverified-image/);
  });

  it("reads an exported state file, without resources that wait to be deleted", async () => {
    const state = await editedState((resources) => {
      for (const resource of resources)
        if (/::(web|native)$/.test(String(resource["urn"]))) resource["delete"] = true;
    });
    const fixed = await analyze("--file", state);
    assert.equal(fixed.passed, true, fixed.output);
    assert.doesNotMatch(fixed.output, /mixed-layer-compression/);
    const run = await analyze("--file", exported);
    assert.equal(run.passed, false, run.output);
    assert.match(run.output, /used by +`(web|native)`: `app`, and 1 other resource/);
  });

  it("reports which definitions it could not decrypt", async () => {
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

describe("pulumi policy analyze of a stack that was deployed with faults", function () {
  this.timeout(120_000);
  const secrets = new FakeEcr();
  const engineStack = engineStacks();
  let registry: TestRegistry;

  before(() => secrets.start());
  useAwsEnvironment(() => ({ ...dummyKeys, AWS_ENDPOINT_URL: secrets.url, AWS_MAX_ATTEMPTS: "1" }));
  before(async () => {
    secrets.handle = (_, response) => {
      answer(response, { SecretString: JSON.stringify({ user: "ci" }) });
    };
    registry = await TestRegistry.start();
    for (const tag of ["good", "huge"]) pushImage(registry, "app", tag, good);
    const manifest = JSON.parse(good.manifest.toString()) as { layers: { size: number }[] };
    manifest.layers[0]!.size = 21 * 1024 ** 3;
    registry.putManifest("app", "huge", good.mediaType, manifest);
  });
  after(async () => {
    await registry.stop();
    await secrets.stop();
  });

  it("reports names, sizes and logins as a preview does, and existing roles and networks as remarks", async () => {
    const exec = { executionRoleArn: "arn:aws:iam::123456789012:role/exec" };
    const image = (tag: string) => `${registry.host}/app:${tag}`;
    const credentialsParameter = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:login-AbCdEf";
    const stack = await engineStack(() => {
      declare([
        role("exec"),
        attach("exec-policy", ref("exec", "name")),
        task("task", image("good")),
        role("untrusting", { assumeRolePolicy: json(trust("ec2.amazonaws.com")) }),
        task("untrusted", image("good"), { executionRoleArn: ref("untrusting", "arn") }),
        task(
          "roleless",
          image("good"),
          { executionRoleArn: undefined },
          { secrets: [{ name: "a", valueFrom: "b" }] },
        ),
        task("misnamed", `${registry.host}/App:good`, exec),
        task("huge", image("huge"), exec),
        task("secretive", image("good"), exec, { repositoryCredentials: { credentialsParameter } }),
        ...publicNet,
        sg,
        service(),
      ]);
    });
    const deployed = await stack.up({ packs: [] });
    assert.equal(deployed.passed, true, deployed.output);
    const { output } = await stack.command("policy", "analyze", "--policy-pack", guard, "--stack", "test");
    const found = [...output.matchAll(/\[(\w+)\] +(?:\[severity: \w+\] +)?([\w-]+) +\(\S+ (\S+)\)/g)];
    assert.deepEqual(
      found.map(([, level, policy, resource]) => `${policy} ${level} ${resource}`).sort(),
      [
        "execution-role advisory untrusted",
        "execution-role mandatory roleless",
        "image-name mandatory misnamed",
        "image-size mandatory huge",
        "registry-login mandatory secretive",
        "task-network advisory web",
      ],
      output,
    );
  });
});
