import assert from "node:assert/strict";
import { requireImage } from "../../policypack/oci/image-kind";
import { type ImageManifest, readManifest } from "../../policypack/oci/manifest";
import { bytesOf, digest, types } from "../../support/registry/documents";

function manifestOf(
  configType: string,
  layerTypes: string[] = [types.ociGzip],
  artifactType = "",
): ImageManifest {
  return readManifest(
    bytesOf({
      mediaType: types.ociManifest,
      config: { mediaType: configType, digest, size: 2 },
      layers: layerTypes.map((mediaType) => ({ mediaType, digest, size: 1 })),
      artifactType,
    }),
  );
}

const helm = "application/vnd.cncf.helm.config.v1+json";
const empty = "application/vnd.oci.empty.v1+json";
const inToto = "application/vnd.in-toto+json";

describe("a container image", () => {
  it("is recognised by its config, and by its layers if the config is an image's", () => {
    const images = [
      manifestOf(types.dockerConfig, [types.dockerGzip, types.dockerZstd]),
      manifestOf(types.ociConfig),
      manifestOf(types.ociConfig, []),
      manifestOf(types.ociConfig, [types.ociGzip, inToto]),
      manifestOf(types.ociConfig, [types.ociGzip], "application/vnd.example.extra"),
      manifestOf("application/octet-stream"),
      manifestOf("application/vnd.example.unheard-of+json"),
    ];
    for (const image of images) assert.deepEqual(requireImage(image), { ok: true, value: image });
  });

  it("is not an artifact of a registry: the failure names what it is", () => {
    const others: [ImageManifest, string][] = [
      [manifestOf(helm), `it is a Helm chart (${helm}), not a container image`],
      [manifestOf(helm, [], "application/x-chart"), `it is a Helm chart (${helm}), not a container image`],
      [manifestOf(empty, [empty]), `it is an OCI artifact (${empty}), not a container image`],
      [
        manifestOf(empty, ["text/plain"], "text/x-sbom"),
        "it is an OCI artifact (text/x-sbom), not a container image",
      ],
      [manifestOf("text/x", [], "text/y"), "it is an OCI artifact (text/y), not a container image"],
      [
        manifestOf(types.ociConfig, [inToto, inToto]),
        `it is an attestation (${inToto}), not a container image`,
      ],
      [
        manifestOf(types.ociConfig, ["application/vnd.dev.cosign.simplesigning.v1+json"]),
        "it is a cosign signature (application/vnd.dev.cosign.simplesigning.v1+json), not a container image",
      ],
    ];
    for (const [manifest, message] of others) {
      assert.deepEqual(requireImage(manifest), {
        ok: false,
        failure: { kind: "unsupported", message, proves: "no-image" },
      });
    }
  });
});
