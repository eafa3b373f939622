import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { findEngine } from "../scripts/engine";
import { AnyResource, EngineStack, guard } from "../test/support/engine";
import { writePack } from "../test/support/engine-packs";
import { buildImage, pushImage } from "../test/support/images";
import { TestRegistry } from "../test/support/registry";
import { alternate, type Measurement } from "./measurement";

const taskDefinitions = 20;
const latencyMs = 500;

/**
 * A preview of twenty task definitions with distinct images behind a registry that takes half a second for each request:
 * the guard beside a pack without policies. Every round has images of its own, so that no cache of an earlier one helps.
 */
export async function measurePreview(rounds: number, say: (line: string) => void): Promise<Measurement> {
  const engine = await findEngine(say);
  const folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-bench-"));
  const registry = await TestRegistry.start({ latencyMs });
  let images: string[] = [];
  const stack = await EngineStack.create(engine, () => {
    for (const [n, image] of images.entries()) {
      const containerDefinitions = JSON.stringify([{ name: "app", image }]);
      new AnyResource("aws:ecs/taskDefinition:TaskDefinition", `task-${n}`, { containerDefinitions });
    }
  });
  const preview = async (pack: string): Promise<number> => {
    const started = performance.now();
    const { passed, output } = await stack.preview({ packs: [pack] });
    const took = performance.now() - started;
    // What is measured must be the work: nothing blocked, nothing left unchecked.
    if (!passed || output.includes("unverified-image")) throw new Error(`The preview failed:\n${output}`);
    say(`  preview with ${pack === guard ? "the guard" : "an empty pack"}: ${took.toFixed(0)} ms`);
    return took;
  };
  try {
    const empty = writePack(folder, "empty");
    const times = await alternate(
      rounds,
      (round) => {
        images = Array.from({ length: taskDefinitions }, (_, n) =>
          pushed(registry, `service-${n}`, `r${round}`),
        );
        return preview(empty);
      },
      async () => {
        const before = registry.log.length;
        const took = await preview(guard);
        const asked = registry.log.slice(before).filter(({ url }) => url.includes("/manifests/")).length;
        if (asked < taskDefinitions)
          throw new Error(`Only ${asked} of ${taskDefinitions} manifests were read.`);
        return took;
      },
    );
    return { name: `preview, ${taskDefinitions} images, ${latencyMs} ms a request`, ...times, limit: 3_000 };
  } finally {
    stack.remove();
    await registry.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function pushed(registry: TestRegistry, repository: string, tag: string): string {
  const content = `${repository}:${tag}`;
  pushImage(registry, repository, tag, buildImage({ layers: ["gzip", "gzip"], family: "docker", content }));
  return `${registry.host}/${content}`;
}
