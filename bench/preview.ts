import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CustomResource } from "@pulumi/pulumi";
import { findEngine } from "../scripts/engine";
import { EngineStack, guard } from "../test/support/engine";
import { buildImage, pushImage } from "../test/support/images";
import { TestRegistry } from "../test/support/registry";
import { measurePair, type Pair } from "./statistics";

const tasks = 20;
const latencyMs = 500;

/** Whole previews with the real engine: twenty task definitions with distinct images, with an empty pack and with ours. */
export async function previewBench(): Promise<Pair> {
  const engine = await findEngine((line) => process.stderr.write(`${line}\n`));
  const registry = await TestRegistry.start({ latencyMs });
  const folder = emptyPack();
  for (let i = 0; i < tasks; i++)
    pushImage(registry, `app${i}`, "1", buildImage({ layers: ["gzip", "gzip"], family: "oci" }));
  const stack = await EngineStack.create(engine, () => {
    for (let i = 0; i < tasks; i++) {
      const containerDefinitions = JSON.stringify([{ name: "app", image: `${registry.host}/app${i}:1` }]);
      new CustomResource("aws:ecs/taskDefinition:TaskDefinition", `task${i}`, {
        family: `task${i}`,
        containerDefinitions,
      });
    }
    return Promise.resolve();
  });
  const preview = async (pack: string) => {
    const started = performance.now();
    const { passed, output } = await stack.preview({ packs: [pack] });
    if (!passed || output.includes("unverified-image")) throw new Error(output);
    return performance.now() - started;
  };
  try {
    return await measurePair(
      {
        name: `preview of ${tasks} tasks, ${latencyMs} ms a request`,
        base: "empty pack",
        barMs: 3000,
        runs: 5,
      },
      () => preview(folder),
      () => preview(guard),
    );
  } finally {
    stack.remove();
    rmSync(folder, { recursive: true });
    await registry.stop();
  }
}

function emptyPack(): string {
  const folder = mkdtempSync(join(tmpdir(), "empty-pack-"));
  const policy = JSON.stringify(require.resolve("@pulumi/policy"));
  writeFileSync(join(folder, "PulumiPolicy.yaml"), "runtime: nodejs\n");
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "empty", version: "1.0.0", main: "index.js" }),
  );
  writeFileSync(
    join(folder, "index.js"),
    `const { PolicyPack } = require(${policy});\nnew PolicyPack("empty", { policies: [] });\n`,
  );
  return folder;
}
