import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type InspectedImage, Inspector, type InspectorOptions } from "../../policypack/inspection/inspector";
import { TestRegistry } from "./registry";

export const amd64 = { os: "linux", architecture: "amd64" };

/** A registry and a cache folder of its own for each test. */
export function cachedBench() {
  const bench = {
    registry: undefined as unknown as TestRegistry,
    /** A folder that the cache may use, and the test may spoil. */
    directory: "",
    /** Inspects as a run of its own does, with nothing in memory. */
    async inspect(name: string, options: InspectorOptions = {}): Promise<InspectedImage> {
      const found = await bench.outcome(name, options);
      assert.ok(found.ok, JSON.stringify(found));
      return found.value;
    },
    async outcome(name: string, options: InspectorOptions = {}) {
      const inspector = new Inspector({ cache: { directory: bench.directory }, ...options });
      try {
        return await inspector.inspect(`${bench.registry.host}/${name}`, amd64);
      } finally {
        await inspector.close();
      }
    },
    /** The requests since the last call: `HEAD manifests/1`. */
    asked(): string[] {
      return bench.registry.log.splice(0).map(({ method, url }) => {
        return `${method} ${url.replace(/^\/v2\/[^/]+\//, "").replace(/sha\d+:\w+$/, "<digest>")}`;
      });
    },
    /** The paths of the kept files. */
    files(): string[] {
      const folder = join(bench.directory, "images-v1");
      return readdirSync(folder).map((name) => join(folder, name));
    },
  };
  beforeEach(async () => {
    bench.registry = await TestRegistry.start();
    bench.directory = mkdtempSync(join(tmpdir(), "ecs-image-guard-cache-"));
  });
  afterEach(async () => {
    await bench.registry.stop();
    rmSync(bench.directory, { recursive: true, force: true });
  });
  return bench;
}
