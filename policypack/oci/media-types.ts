/**
 * The media types of the pull protocol.
 * Sources: OCI image-spec `media-types.md`; distribution `manifest-v2-2.md` and the deprecated `manifest-v2-1.md`.
 */
export const dockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
export const dockerManifestList = "application/vnd.docker.distribution.manifest.list.v2+json";
export const ociManifest = "application/vnd.oci.image.manifest.v1+json";
export const ociIndex = "application/vnd.oci.image.index.v1+json";

export const dockerSchema1 = "application/vnd.docker.distribution.manifest.v1+json";
const dockerSchema1Signed = "application/vnd.docker.distribution.manifest.v1+prettyjws";

export const dockerConfig = "application/vnd.docker.container.image.v1+json";
export const ociConfig = "application/vnd.oci.image.config.v1+json";
/** The config of an artifact that has none (image-spec `manifest.md`, guidance for an empty descriptor). */
export const ociEmpty = "application/vnd.oci.empty.v1+json";
/** The config of a cache that BuildKit exports to a registry, beside its layers (`cache/remotecache/v1/spec.go`). */
export const buildkitCache = "application/vnd.buildkit.cacheconfig.v0";

/** What the guard can read, in the words of an `Accept` header: one type each. */
export const acceptedManifestTypes: readonly string[] = [
  dockerManifest,
  dockerManifestList,
  ociManifest,
  ociIndex,
];

export function isManifestType(mediaType: string): boolean {
  return mediaType === dockerManifest || mediaType === ociManifest;
}

export function isIndexType(mediaType: string): boolean {
  return mediaType === dockerManifestList || mediaType === ociIndex;
}

export function isSchema1Type(mediaType: string): boolean {
  return mediaType === dockerSchema1 || mediaType === dockerSchema1Signed;
}

/** The type of a `Content-Type` value without parameters, trimmed and in lower case (RFC 9110 §8.3.1). */
export function bareMediaType(headerValue: string): string {
  const semicolon = headerValue.indexOf(";");
  return (semicolon === -1 ? headerValue : headerValue.slice(0, semicolon)).trim().toLowerCase();
}
