/** Documents for the tests of manifests: small, legal, and made of the fields that the specifications require. */
export const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

export const types = {
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerList: "application/vnd.docker.distribution.manifest.list.v2+json",
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociIndex: "application/vnd.oci.image.index.v1+json",
  schema1: "application/vnd.docker.distribution.manifest.v1+json",
  schema1Signed: "application/vnd.docker.distribution.manifest.v1+prettyjws",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  ociConfig: "application/vnd.oci.image.config.v1+json",
  dockerGzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
  dockerZstd: "application/vnd.docker.image.rootfs.diff.tar.zstd",
  ociGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  ociZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
} as const;

export const config = { mediaType: types.ociConfig, digest, size: 100 };
export const layer = { mediaType: types.ociGzip, digest, size: 2000 };
export const entry = { mediaType: types.ociManifest, digest, size: 500 };
export const manifest = { schemaVersion: 2, mediaType: types.ociManifest, config, layers: [layer] };
export const index = { schemaVersion: 2, mediaType: types.ociIndex, manifests: [entry] };

export function bytesOf(document: unknown): Uint8Array {
  return new TextEncoder().encode(typeof document === "string" ? document : JSON.stringify(document));
}
