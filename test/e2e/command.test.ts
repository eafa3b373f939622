import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PulumiCommand } from "@pulumi/pulumi/automation";
import { AnyResource, engineFor, EngineStack } from "../../support/engine/engine";
import { runCli } from "../../support/process/cli";
import { buildImage, pushImage, threeGzipTwelveZstd } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

const mixed = "mixed-layer-compression";

describe("ecs-image-guard inspect, beside a preview of the real Pulumi engine,", function () {
  this.timeout(120_000);
  let engine: PulumiCommand;
  let registry: TestRegistry;
  let stack: EngineStack | undefined;
  const tags = ["good", "docker-mix", "oci-mix", "zstd", "gone"] as const;
  const definition = () => ({
    family: "web",
    containerDefinitions: tags.map((tag) => ({ name: tag, image: `${registry.host}/app:${tag}` })),
    requiresCompatibilities: ["FARGATE"],
  });

  before(async function () {
    engine = await engineFor(this);
    registry = await TestRegistry.start();
    pushImage(registry, "app", "good", buildImage({ layers: ["gzip"], family: "docker" }));
    pushImage(registry, "app", "docker-mix", buildImage({ layers: threeGzipTwelveZstd, family: "docker" }));
    pushImage(registry, "app", "oci-mix", buildImage({ layers: ["gzip", "zstd"], family: "oci" }));
    pushImage(registry, "app", "zstd", buildImage({ layers: ["zstd"], family: "docker" }));
    stack = await EngineStack.create(engine, () => {
      const { containerDefinitions, ...props } = definition();
      new AnyResource("aws:ecs/taskDefinition:TaskDefinition", "web", {
        ...props,
        containerDefinitions: JSON.stringify(containerDefinitions),
      });
    });
  });
  after(async () => {
    stack?.remove();
    await (registry as TestRegistry | undefined)?.stop();
  });

  const configurations: Record<string, (host: string) => object> = {
    "no configuration": () => ({}),
    allowOciMix: () => ({ [mixed]: { allowOciMix: true } }),
    "levels, of one policy and of all": () => ({ all: "advisory", "missing-image": "mandatory" }),
    "an exemption": (host) => ({
      [mixed]: { exclude: [{ image: `${host}/app:docker-mix`, reason: "TEAM-1" }] },
    }),
    "a disabled policy": () => ({ [mixed]: "disabled" }),
    "fail closed": () => ({ "unverified-image": { enforcementLevel: "mandatory" } }),
    "one runtime": () => ({ [mixed]: { runtimes: { FARGATE: ["containerd-2.0"] } } }),
  };
  for (const [what, configuration] of Object.entries(configurations))
    it(`reports the same violations with ${what}`, async () => {
      const config = configuration(registry.host);
      const run = await stack!.preview({ configs: [config] });
      const reported = run.violations.map(
        ({ policyName, enforcementLevel }) => `${enforcementLevel} ${policyName}`,
      );
      const folder = stack!.workFolder;
      const [task, guard] = ["task-definition.json", "guard.json"].map((name) => join(folder, name)) as [
        string,
        string,
      ];
      writeFileSync(task, JSON.stringify(definition()));
      writeFileSync(guard, JSON.stringify(config));
      const { code, out } = await runCli([
        ...["inspect", "--task-definition", task, "--config", guard, "--no-cache", "--format", "json"],
      ]);
      const { images } = JSON.parse(out) as {
        images: { findings: { policy: string; level: string }[] }[];
      };
      const found = images.flatMap(({ findings }) =>
        findings.map(({ policy, level }) => `${level} ${policy}`),
      );
      assert.deepEqual(found.sort(), reported.sort(), run.output);
      assert.equal(code === 1, !run.passed);
    });
});
