import {
  buildImage,
  type LayerCompression,
  pushImage,
  pushIndex,
  threeGzipTwelveZstd,
} from "../support/registry/images";
import type { TestRegistry } from "../support/registry/registry";

const amd64 = { os: "linux", architecture: "amd64" };
const arm64 = { os: "linux", architecture: "arm64" };

function times(count: number, compression: LayerCompression): LayerCompression[] {
  return Array.from({ length: count }, () => compression);
}

/** Real images, layers and all: a good one, the 3 + 12 of the famous error, mixes that only some see, and mended ones. */
export function fillRegistry(registry: TestRegistry): void {
  const gzip = (count: number) => buildImage({ layers: times(count, "gzip"), family: "docker" });
  pushImage(registry, "shop/web", "good", gzip(4));
  pushImage(registry, "shop/api", "mixed", buildImage({ layers: threeGzipTwelveZstd, family: "docker" }));
  pushImage(registry, "shop/api", "mixed-gzip", gzip(15));
  pushImage(
    registry,
    "shop/worker",
    "oci-mix",
    buildImage({ layers: ["gzip", "gzip", "zstd"], family: "oci" }),
  );
  pushImage(registry, "shop/worker", "zstd", buildImage({ layers: times(3, "zstd"), family: "oci" }));
  pushIndex(registry, "shop/batch", "arm-mix", [
    buildImage({ layers: times(2, "gzip"), family: "oci", platform: amd64 }),
    buildImage({ layers: ["gzip", "zstd"], family: "oci", platform: arm64 }),
  ]);
}
