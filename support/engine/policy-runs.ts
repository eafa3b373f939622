import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nameStack, taskDefinition } from "./fake-engine";
import { buildImage, pushImage } from "../registry/images";
import { TestRegistry } from "../registry/registry";

const variable = "ECS_IMAGE_GUARD_IMAGE_CACHE";

export const good = buildImage({ layers: ["gzip"], family: "docker" });
export const mixed = buildImage({ layers: ["gzip", "zstd"], family: "docker" });

/** For each test a stack, a cache folder, and a registry with an image under each of these names. */
export function stackBench(names: readonly string[]) {
  const bench = {
    registry: undefined as unknown as TestRegistry,
    directory: "",
    image: (name: string) => `${bench.registry.host}/${name}:1`,
    /** A task definition for each image. */
    program: (some = names) => some.map((name) => taskDefinition(name, { app: bench.image(name) })),
    /** The requests since the last call: `HEAD app0`. */
    asked: () => bench.registry.log.splice(0).map(({ method, url }) => `${method} ${url.split("/")[2]}`),
  };
  const saved = process.env[variable];
  beforeEach(async () => {
    bench.directory = mkdtempSync(join(tmpdir(), "ecs-image-guard-cache-"));
    process.env[variable] = bench.directory;
    nameStack("project", "stack");
    bench.registry = await TestRegistry.start();
    for (const name of names) pushImage(bench.registry, name, "1", good);
  });
  afterEach(async () => {
    nameStack("", "");
    if (saved === undefined) Reflect.deleteProperty(process.env, variable);
    else process.env[variable] = saved;
    await bench.registry.stop();
    rmSync(bench.directory, { recursive: true, force: true });
  });
  return bench;
}

/** The files in which a cache folder keeps the images of stacks. */
export function stackRecords(directory: string): string[] {
  const folder = join(directory, "images-v1");
  return readdirSync(folder)
    .filter((name) => name.startsWith("stack-"))
    .map((name) => join(folder, name));
}
