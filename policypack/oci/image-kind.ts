import { failure, type Outcome, success } from "../common/outcome";
import { printable } from "../common/text";
import type { Descriptor, ImageManifest } from "./manifest";
import { bareMediaType, buildkitCache, dockerConfig, ociConfig, ociEmpty } from "./media-types";

/** What has no better name: its artifact type says more. */
const anArtifact = "an OCI artifact";
const aBuildCache = "a BuildKit cache";

export const buildCacheFix =
  "use the name under which the build pushes the image, not that of its cache (--cache-to)";

/**
 * Config types of things that are stored in registries and are not images. A config type that is not in this table
 * gets the benefit of the doubt: images with odd config types exist (dockerd's `defaultImageTypes` lists some).
 */
const artifactConfigs: ReadonlyMap<string, string> = new Map([
  [ociEmpty, anArtifact],
  ["application/vnd.unknown.config.v1+json", anArtifact], // ORAS before 1.0
  ["application/vnd.cncf.helm.config.v1+json", "a Helm chart"],
  ["application/vnd.cncf.flux.config.v1+json", "a Flux artifact"],
  ["application/vnd.cncf.openpolicyagent.config.v1+json", "an Open Policy Agent bundle"],
  ["application/vnd.cncf.notary.signature", "a Notary signature"],
  ["application/vnd.cncf.notary.v2.signature", "a Notary signature"],
  ["application/vnd.docker.plugin.v1+json", "a Docker plugin"],
  ["application/vnd.docker.ai.model.config.v0.1+json", "an AI model"],
  [buildkitCache, aBuildCache],
  ["application/vnd.wasm.config.v0+json", "a WebAssembly module"],
  ["application/vnd.wasm.config.v1+json", "a WebAssembly module"],
  ["application/vnd.sylabs.sif.config.v1+json", "a Singularity image"],
]);

/** Layer types that make a manifest something else, though its config says that it is an image. */
const artifactLayers: ReadonlyMap<string, string> = new Map([
  ["application/vnd.in-toto+json", "an attestation"],
  ["application/vnd.dev.cosign.simplesigning.v1+json", "a cosign signature"],
  ["application/vnd.dsse.envelope.v1+json", "a cosign attestation"],
  ["application/vnd.dev.sigstore.bundle.v0.3+json", "a Sigstore bundle"],
]);

/** The manifest itself, or a failure of kind `unsupported` that says what it is instead of an image. */
export function requireImage(manifest: ImageManifest): Outcome<ImageManifest> {
  const other = otherKind(manifest);
  return other === undefined
    ? success(manifest)
    : failure(
        "unsupported",
        `it is ${other.name} (${printable(other.mediaType, 100)}), not a container image`,
        { proves: "no-image", ...(other.name === aBuildCache && { fix: buildCacheFix }) },
      );
}

function otherKind(manifest: ImageManifest): { name: string; mediaType: string } | undefined {
  const { config, layers, artifactType } = manifest;
  const name = artifactConfigs.get(bareMediaType(config.mediaType));
  if (name !== undefined)
    return { name, mediaType: name === anArtifact ? artifactType || config.mediaType : config.mediaType };
  const image = [dockerConfig, ociConfig].includes(bareMediaType(config.mediaType));
  if (artifactType !== "" && !image) return { name: anArtifact, mediaType: artifactType };
  return artifactOf(layers);
}

/** An image may carry a note among its layers, which runtimes skip: only layers that are all of a kind decide. */
function artifactOf(layers: readonly Descriptor[] | null): { name: string; mediaType: string } | undefined {
  const kinds = (layers ?? []).map((layer) => artifactLayers.get(bareMediaType(layer.mediaType)));
  const [name] = kinds;
  const [first] = layers ?? [];
  return name !== undefined && first !== undefined && kinds.every((kind) => kind !== undefined)
    ? { name, mediaType: first.mediaType }
    : undefined;
}
