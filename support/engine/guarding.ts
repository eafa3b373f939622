import assert from "node:assert/strict";
import type { PulumiCommand } from "@pulumi/pulumi/automation";
import { buildImage, pushImage, threeGzipTwelveZstd } from "../registry/images";
import { TestRegistry } from "../registry/registry";
import { AnyResource, type EngineRun, EngineStack } from "./engine";
import type { StackOptions } from "./options";

/** A registry without logins that has `app:mixed`, which the guard must block, and `app:good`, which it must let pass. */
export async function mixedAndGood(): Promise<TestRegistry> {
  const registry = await TestRegistry.start();
  pushImage(registry, "app", "good", buildImage({ layers: ["gzip", "gzip"], family: "docker" }));
  pushImage(registry, "app", "mixed", buildImage({ layers: threeGzipTwelveZstd, family: "docker" }));
  return registry;
}

/** Asserts that a pack blocks a preview of a task with `REPOSITORY:mixed`, and lets one with `REPOSITORY:good` pass unmentioned. */
export async function assertGuards(
  engine: PulumiCommand,
  pack: string,
  repository: string,
  options: StackOptions = {},
): Promise<void> {
  for (const tag of ["mixed", "good"] as const) {
    const stack = await EngineStack.create(
      engine,
      () => {
        const containerDefinitions = JSON.stringify([{ name: "app", image: `${repository}:${tag}` }]);
        new AnyResource("aws:ecs/taskDefinition:TaskDefinition", tag, { family: tag, containerDefinitions });
      },
      options,
    );
    try {
      assertVerdict(await stack.preview({ packs: [pack] }), tag);
    } finally {
      stack.remove();
    }
  }
}

/** Asserts what a run must come to for an image that mixes, or for a good one. */
export function assertVerdict(run: Pick<EngineRun, "passed" | "output">, tag: "mixed" | "good"): void {
  assert.equal(run.passed, tag === "good", run.output);
  // Only a pack that ran is named.
  assert.match(run.output, /ecs-image-guard@v/);
  if (tag === "mixed") assert.match(run.output, /\[mandatory\].*mixed-layer-compression/);
  else assert.doesNotMatch(run.output, /\[(mandatory|advisory)\]/);
}
