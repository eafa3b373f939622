import type { InspectedImage, Layer } from "../../policypack/inspection/inspected-image";
import { compressionOf } from "../../policypack/oci/compression";
import { type HistoryEntry, type ImageConfig, readImageConfig } from "../../policypack/oci/image-config";
import type { Platform } from "../../policypack/oci/platform";
import type { Reference } from "../../policypack/oci/reference";
import { layersError, runtimeNames } from "../../policypack/runtimes/predict";

/** A config as a registry would have it: by default for linux/amd64, with as many diff_ids as given. */
export function imageConfig(diffIds: number, fields: Partial<ImageConfig> = {}): ImageConfig {
  const ids = Array.from({ length: diffIds }, (_, n) => `sha256:${(n + 1).toString(16).padStart(64, "d")}`);
  const document = { os: "linux", architecture: "amd64", rootfs: { type: "layers", diff_ids: ids } };
  return { ...readImageConfig(Buffer.from(JSON.stringify(document))), ...fields };
}

export function historyOf(entries: readonly Partial<HistoryEntry>[]): HistoryEntry[] {
  return entries.map((entry) => ({ createdBy: "", comment: "", emptyLayer: false, ...entry }));
}

export function layersOf(mediaTypes: readonly string[]): Layer[] {
  return mediaTypes.map((mediaType, n) => ({
    mediaType,
    digest: `sha256:${String(n).padStart(64, "0")}`,
    size: 1024,
    compression: compressionOf(mediaType),
  }));
}

/** An inspected image of one manifest, with what each runtime does with its layers. */
export function inspectedImage(image: {
  readonly reference: Reference;
  readonly platform: Platform;
  readonly layers: readonly Layer[];
  readonly config?: ImageConfig | null;
  readonly digest?: string;
  readonly mediaType?: string;
}): InspectedImage {
  const {
    config = null,
    layers,
    digest = "sha256:60b2d8410b737fd263a39b4a2a054c1f7eeb09ed3ba6f87af5612202df1e22c1",
    mediaType = "application/vnd.docker.distribution.manifest.v2+json",
  } = image;
  const pulled = { layers, diffIds: config === null ? null : (config.rootfs.diffIds ?? []) };
  const manifest = { mediaType, digest, layers, config };
  return {
    ...manifest,
    reference: image.reference,
    platform: image.platform,
    manifests: [manifest],
    predictions: runtimeNames.map((runtime) => {
      const error = layersError(runtime, pulled);
      return error === undefined
        ? { runtime, pulls: true, manifest: digest }
        : { runtime, pulls: false, manifest: digest, error, reason: "layers" };
    }),
    unread: [],
  };
}
