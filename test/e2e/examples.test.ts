import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import type { PulumiCommand } from "@pulumi/pulumi/automation";
import { AnyResource, engineFor, EngineStack } from "../../support/engine/engine";
import { buildImage, pushIndex } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";
import { parseYaml } from "../../support/readme/yaml";
import { isRecord } from "../../policypack/common/values";

const examples = resolve(__dirname, "../../examples");
const arm64 = { os: "linux", architecture: "arm64" };
const amd64 = { os: "linux", architecture: "amd64" };

describe("the examples, run by the real Pulumi engine", function () {
  this.timeout(120_000);
  let engine: PulumiCommand;
  let registry: TestRegistry;
  const stacks: EngineStack[] = [];

  before(async function () {
    engine = await engineFor(this);
    registry = await TestRegistry.start();
    const good = (platform: typeof arm64) => buildImage({ layers: ["gzip"], family: "oci", platform });
    const mixed = buildImage({ layers: ["gzip", "zstd"], family: "docker", platform: arm64 });
    pushIndex(registry, "web", "good", [good(amd64), good(arm64)]);
    pushIndex(registry, "web", "mixed", [good(amd64), mixed]);
  });

  after(async () => {
    for (const stack of stacks) stack.remove();
    // The registry is missing where the suite was skipped.
    await (registry as TestRegistry | undefined)?.stop();
  });

  const programs: [string, (image: string) => [program: () => void, config: Record<string, string>]][] = [
    [
      "typescript",
      (image) => [
        runTypeScript,
        { "guarded:image": image, "guarded:subnets": '["subnet-0123456789abcdef0"]' },
      ],
    ],
    [
      "aws-native",
      (image) => [
        () => {
          runYaml({ image, subnet: "subnet-0123456789abcdef0" });
        },
        {},
      ],
    ],
  ];
  for (const [name, make] of programs)
    it(`${name}: is blocked with an image that mixes on the task's platform, and passes with a good one`, async () => {
      for (const [tag, passes] of [
        ["mixed", false],
        ["good", true],
      ] as const) {
        const [program, config] = make(`${registry.host}/web:${tag}`);
        const stack = await EngineStack.create(engine, program, { config });
        stacks.push(stack);
        const run = await stack.up();
        assert.equal(run.passed, passes, run.output);
        if (!passes)
          assert.match(run.output, /mixed-layer-compression[\s\S]*linux\/arm64[\s\S]*used by +`web`: `web`/);
        assert.equal(stack.created().includes("web"), passes);
      }
    });

  it("organization: the engine takes its configuration, which exempts, mirrors and fails closed", async () => {
    const config: unknown = JSON.parse(
      readFileSync(join(examples, "organization/policy-group.json"), "utf8"),
    );
    assert.ok(isRecord(config));
    const stack = await EngineStack.create(engine, () => {
      const containerDefinitions = JSON.stringify([
        { name: "vendor", image: "public.ecr.aws/vendor/agent:1" },
        { name: "web", image: `${registry.host}/web:mixed` },
        { name: "dead", image: "127.0.0.1:1/dead:1" },
      ]);
      const runtimePlatform = { cpuArchitecture: "ARM64" };
      new AnyResource("aws:ecs/taskDefinition:TaskDefinition", "web", {
        containerDefinitions,
        runtimePlatform,
      });
    });
    stacks.push(stack);
    const run = await stack.preview({ configs: [config] });
    const told = run.violations.map(
      ({ policyName, enforcementLevel }) => `${policyName} ${enforcementLevel}`,
    );
    assert.deepEqual(told.sort(), [
      "mixed-layer-compression advisory",
      "mixed-layer-compression mandatory",
      "unverified-image mandatory",
    ]);
    assert.match(run.output, /TEAM-123/);
    assert.doesNotMatch(run.output, /Configuration of/);
  });
});

const load = createRequire(__filename);

/** Runs the example's module as the engine does, anew for each run. */
function runTypeScript(): void {
  const file = join(examples, "typescript/index.ts");
  Reflect.deleteProperty(load.cache, file);
  load(file);
}

/** Registers the resources of the YAML program, with what it interpolates: configuration, or a property of a resource. */
function runYaml(config: Readonly<Record<string, string>>): void {
  const document = parseYaml(readFileSync(join(examples, "aws-native/Pulumi.yaml"), "utf8"));
  assert.ok(isRecord(document) && isRecord(document["resources"]));
  const filled = (value: unknown): unknown => {
    if (typeof value === "string")
      return value.replace(/\$\{([^}]+)\}/g, (_, name: string) => config[name] ?? `arn:aws:ecs:::${name}`);
    if (Array.isArray(value)) return value.map(filled);
    if (!isRecord(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, filled(member)]));
  };
  for (const [name, resource] of Object.entries(document["resources"])) {
    assert.ok(isRecord(resource) && typeof resource["type"] === "string");
    const properties = filled(resource["properties"] ?? {});
    assert.ok(isRecord(properties));
    new AnyResource(resource["type"], name, properties);
  }
}
