import assert from "node:assert/strict";
import { join } from "node:path";
import { ComponentResource } from "@pulumi/pulumi";
import type { PulumiCommand } from "@pulumi/pulumi/automation";
import { engineFor, EngineStack, guard } from "../../support/engine/engine";
import { buildImage, pushImage, threeGzipTwelveZstd } from "../../support/registry/images";
import { assertVerdict } from "../../support/engine/guarding";
import { needsYamlHost, runYaml } from "../../support/engine/yaml";
import { pythonFor, runPython } from "../../support/engine/python";
import { TestRegistry } from "../../support/registry/registry";

const support = join(__dirname, "../../support/engine");

describe("with the real Pulumi engine, a program of any kind", function () {
  this.timeout(120_000);
  let engine: PulumiCommand;
  let registry: TestRegistry;
  const stacks: EngineStack[] = [];
  const image = (name: string) => `${registry.host}/${name}`;

  before(async function () {
    engine = await engineFor(this);
    registry = await TestRegistry.start();
    pushImage(registry, "app", "good", buildImage({ layers: ["gzip", "gzip"], family: "docker" }));
    pushImage(registry, "app", "mixed", buildImage({ layers: threeGzipTwelveZstd, family: "docker" }));
  });

  after(async () => {
    for (const stack of stacks) stack.remove();
    // The registry is missing where the suite was skipped.
    await (registry as TestRegistry | undefined)?.stop();
  });

  async function stackOf(program: () => void): Promise<EngineStack> {
    const providers = { shop: join(support, "components.cjs") };
    const stack = await EngineStack.create(engine, program, { providers });
    stacks.push(stack);
    return stack;
  }

  it("is judged inside remote components in any language", async () => {
    let tag = "mixed";
    const stack = await stackOf(() => {
      new ComponentResource("shop:index:Service", "web", { image: image(`app:${tag}`) }, {}, true);
    });
    for (const run of [await stack.preview(), await stack.up()]) {
      assert.equal(run.passed, false, run.output);
      assert.match(run.output, /\[mandatory\].*mixed-layer-compression/);
      assert.match(run.output, /used by +`web-task`: `app`/);
    }
    assert.deepEqual(stack.created(), []);
    tag = "good";
    const fixed = await stack.up();
    assert.equal(fixed.passed, true, fixed.output);
    assert.deepEqual(stack.created(), ["web-task"]);
  });

  it("is guarded when it is written in Python, in its components as well", async function () {
    const python = await pythonFor(this);
    const stack = await stackOf(() => undefined);
    const preview = (tag: string) =>
      runPython(python, [join(support, "program.py"), guard, image(`app:${tag}`)], engine, {
        cwd: stack.workFolder,
        env: stack.environment(),
      });
    const blocked = await preview("mixed");
    assert.equal(blocked.passed, false, blocked.output);
    assert.match(blocked.output, /\[mandatory\].*mixed-layer-compression/);
    assert.match(blocked.output, /used by +`web-task`: `app`/);
    const fixed = await preview("good");
    assert.equal(fixed.passed, true, fixed.output);
    assert.match(fixed.output, /ecs-image-guard@v/);
  });

  const yaml = (tag: string) =>
    JSON.stringify({
      name: "guarded",
      runtime: "yaml",
      resources: {
        web: {
          type: "aws:ecs:TaskDefinition",
          properties: {
            family: "web",
            containerDefinitions: { "fn::toJSON": [{ name: "app", image: image(`app:${tag}`) }] },
          },
        },
      },
    });

  it("is guarded when it is written in YAML, in previews and updates", async function () {
    needsYamlHost(this);
    const stack = await stackOf(() => undefined);
    for (const command of ["preview", "up"] as const)
      for (const tag of ["mixed", "good"] as const) {
        assertVerdict(await runYaml(stack, command, yaml(tag)), tag);
        assert.deepEqual(stack.created(), command === "up" && tag === "good" ? ["web"] : []);
      }
  });

  it("has its violations in one line of preview --json, which leaves out what policies report", async function () {
    needsYamlHost(this);
    const stack = await stackOf(() => undefined);
    const preview = async (tag: string) => {
      const { passed, output } = await runYaml(stack, "preview", yaml(tag), {}, "--json");
      const { diagnostics = [] } = JSON.parse(output.slice(output.indexOf("{"))) as {
        diagnostics?: { message?: string }[];
      };
      const messages = diagnostics.map(({ message = "" }) => message).join("\n");
      return { passed, lines: messages.match(/^.*\bviolations?: .*$/gm) ?? [], output };
    };
    const blocked = await preview("mixed");
    assert.equal(blocked.passed, false, blocked.output);
    assert.deepEqual(
      blocked.lines.map((line) => line.replace(/^.*(?=1 violation)/, "")),
      ["1 violation: mixed-layer-compression (web)"],
      blocked.output,
    );
    const passed = await preview("good");
    assert.deepEqual([passed.passed, passed.lines], [true, []], passed.output);
  });
});
