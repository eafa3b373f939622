import { Inspector } from "../../policypack/inspection/inspector";
import { TestRegistry } from "./registry";

export const amd64 = { os: "linux", architecture: "amd64" };
export const arm64 = { os: "linux", architecture: "arm64" };
export const ociIndex = "application/vnd.oci.image.index.v1+json";

/** A registry and an inspector of its own for each test. */
export function inspectionBench() {
  const bench = {
    registry: undefined as unknown as TestRegistry,
    inspector: undefined as unknown as Inspector,
    inspect: (name: string, platform = amd64) =>
      bench.inspector.inspect(`${bench.registry.host}/${name}`, platform),
    /** An index entry for what is stored under a digest. */
    entryOf: (digest: string) => bench.registry.descriptorOf("app", digest),
    /** Pushes an index of these entries, and gives its digest. */
    putIndex: (tag: string | undefined, manifests: readonly object[]) =>
      bench.registry.putManifest("app", tag, ociIndex, { schemaVersion: 2, mediaType: ociIndex, manifests }),
  };
  beforeEach(async () => {
    bench.registry = await TestRegistry.start();
    bench.inspector = new Inspector();
  });
  afterEach(async () => {
    await bench.inspector.close();
    await bench.registry.stop();
  });
  return bench;
}
