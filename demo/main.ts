import type { TaskDefinitionArgs } from "@pulumi/aws/ecs/taskDefinition";
import { findEngine, NoEngineError } from "../scripts/engine";
import { AnyResource, type EngineRun, EngineStack } from "../support/engine/engine";
import { TestRegistry } from "../support/registry/registry";
import { fillRegistry } from "./registry-content";

/** What the program of the demo deploys: task definition → image. */
type Program = Readonly<Record<string, { readonly image: string; readonly arm?: true }>>;

const say = (line: string) => process.stdout.write(`${line}\n`);

/** Shows the real Pulumi engine block mixed images and let mended ones pass; the exit status tells whether it did. */
async function demo(): Promise<void> {
  const engine = await findEngine(say);
  const registry = await TestRegistry.start();
  fillRegistry(registry);
  say(`Pulumi ${engine.version?.toString() ?? ""}, and a registry with a few images at ${registry.host}`);
  const image = (name: string) => `${registry.host}/${name}`;
  try {
    heading("pulumi preview --policy-pack .    (gzip base image, zstd build)");
    const blocked = await preview(engine, {
      web: { image: image("shop/web:good") },
      api: { image: image("shop/api:mixed") },
      worker: { image: image("shop/worker:oci-mix") },
      batch: { image: image("shop/batch:arm-mix"), arm: true },
      later: { image: image("shop/web:not-pushed-yet") },
    });
    const mixed = blocked.violations.filter(({ policyName }) => policyName === "mixed-layer-compression");
    expect(!blocked.passed && mixed.length === 3, "blocked, as it must be: three images mix gzip and zstd");

    heading("pulumi preview --policy-pack .    (the images rebuilt with one compression)");
    const mended = await preview(engine, {
      web: { image: image("shop/web:good") },
      api: { image: image("shop/api:mixed-gzip") },
      worker: { image: image("shop/worker:zstd") },
      batch: { image: image("shop/batch:arm-mix") },
    });
    expect(
      mended.passed && mended.violations.length === 0,
      "passed, as it must: nothing is mixed on the platforms of these tasks",
    );
  } finally {
    await registry.stop();
  }
}

async function preview(engine: Awaited<ReturnType<typeof findEngine>>, program: Program): Promise<EngineRun> {
  const stack = await EngineStack.create(engine, () => {
    for (const [name, { image, arm }] of Object.entries(program)) {
      const args: TaskDefinitionArgs = {
        family: name,
        requiresCompatibilities: ["FARGATE"],
        containerDefinitions: JSON.stringify([{ name: "app", image, essential: true }]),
        ...(arm ? { runtimePlatform: { cpuArchitecture: "ARM64", operatingSystemFamily: "LINUX" } } : {}),
      };
      new AnyResource("aws:ecs/taskDefinition:TaskDefinition", name, args);
    }
  });
  try {
    return await stack.preview({
      color: process.stdout.isTTY || process.env["FORCE_COLOR"] ? "always" : "never",
      onOutput: (text) => process.stdout.write(text),
    });
  } finally {
    stack.remove();
  }
}

function heading(command: string): void {
  say(`\n$ ${command}\n`);
}

function expect(held: boolean, what: string): void {
  if (!held) throw new Error(`The demo did not go as it should; expected: ${what}.`);
  say(`→ ${what}.`);
}

demo().then(
  // The Automation API's server for inline programs would keep the process for a while.
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(
      `${error instanceof NoEngineError || error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exit(1);
  },
);
