import assert from "node:assert/strict";
import { output } from "@pulumi/pulumi";
import { analyze, taskDefinition } from "../../support/engine/fake-engine";
import {
  artifact,
  blob,
  type Circumstance,
  good,
  stored,
  testAdvice,
} from "../../support/registry/circumstances";
import { types } from "../../support/registry/documents";
import { buildImage, pushImage, pushIndex } from "../../support/registry/images";

const rebuild = /rebuild|build the image/i;

const lying = buildImage({
  layers: ["gzip", "zstd"],
  family: "docker",
  mediaTypes: [types.dockerGzip, types.dockerGzip],
});

const circumstances: readonly Circumstance[] = [
  // Images that are not there.
  {
    what: "a missing tag",
    play: ({ registry }) => pushImage(registry, "app", "2", good),
    says: /has no tag 1 in app .*fix push the image first, or correct its tag/,
  },
  {
    what: "a missing repository",
    says: /has no repository app .*fix push the image first, or correct the name of its repository/,
    never: /has no tag/,
  },
  {
    what: "a missing digest",
    play: ({ registry }) => pushImage(registry, "app", "2", good),
    image: (host) => `${host}/app@sha256:${"0".repeat(64)}`,
    says: /fix push the image first, or correct its digest/,
    never: /its tag/,
  },
  {
    what: "a manifest whose config is gone",
    play: ({ registry }) => registry.putManifest("app", "1", good.mediaType, good.manifest),
    says: /fix push the image again: the registry has its manifest, but not all of its content/,
  },
  {
    what: "an index whose manifest is gone",
    play: stored(types.ociIndex, { manifests: [{ ...blob(types.ociManifest), platform: good.platform }] }),
    says: /fix push the image again: its index names a manifest that the registry does not have/,
    never: /correct its (?:tag|name)/,
  },
  {
    what: "a manifest that is served without a Content-Type",
    play: ({ registry }) => registry.putManifest("app", "1", "", good.manifest),
    says: /serves its manifest without a Content-Type, which .*fix have the registry serve the manifest with its own media type/,
  },
  {
    what: "layers without a media type",
    play: ({ registry }) =>
      pushImage(registry, "app", "1", buildImage({ layers: ["gzip"], family: "oci", mediaTypes: [""] })),
    says: /layers \? 1 \? no media type, /,
  },
  // Things that are not images.
  {
    what: "a BuildKit cache in the form of an index",
    play: stored(types.ociIndex, {
      manifests: [blob(types.ociGzip), blob("application/vnd.buildkit.cacheconfig.v0")],
    }),
    says: /Not a container image\. .*it is a BuildKit cache.* fix use the name under which the build pushes the image/,
    never: rebuild,
  },
  {
    what: "a BuildKit cache in the form of an image",
    play: artifact("application/vnd.buildkit.cacheconfig.v0", types.ociGzip),
    says: /it is a BuildKit cache .*fix use the name under which the build pushes the image/,
    never: rebuild,
  },
  {
    what: "an index without the list of its manifests",
    play: stored(types.ociIndex, {}),
    says: /an index that contains no image|container runtimes refuse its manifest/,
    never: /push the image first/,
  },
  {
    what: "a manifest with too many layers",
    play: stored(types.ociManifest, {
      config: blob(types.ociConfig),
      layers: Array.from({ length: 10_001 }, () => blob(types.ociGzip)),
    }),
    says: /more than 10,000 layers or entries fix push the image with a smaller manifest/,
    never: /operator/,
  },
  {
    what: "an empty index",
    play: stored(types.ociIndex, { manifests: [] }),
    says: /an index that contains no image fix use the name of a container image/,
    never: rebuild,
  },
  {
    what: "a referrers tag",
    play: (stage) => {
      const artifactType = "application/vnd.dev.sigstore.bundle.v0.3+json";
      const body = {
        schemaVersion: 2,
        mediaType: types.ociManifest,
        artifactType,
        config: blob("application/vnd.oci.empty.v1+json"),
        layers: [],
      };
      const digest = stage.registry.putManifest("app", undefined, types.ociManifest, body);
      const referrer = { ...stage.registry.descriptorOf("app", digest), artifactType };
      return stored(types.ociIndex, { manifests: [referrer] })(stage);
    },
    says: /Not a container image\..* it is an OCI artifact .*fix use the name of a container image/,
    never: rebuild,
  },
  {
    what: "a single wasm manifest",
    play: artifact("application/vnd.wasm.config.v0+json", "application/wasm"),
    options: ["--runtime", "containerd-1.7"],
    says: /it is a WebAssembly module .*fix use the name of a container image/,
    never: /rebuild|containerd-1\.7: pulls/,
  },
  {
    what: "an index for wasm only",
    play: stored(types.ociIndex, {
      manifests: [{ ...blob(types.ociManifest), platform: { os: "wasip1", architecture: "wasm" } }],
    }),
    says: /fix build the image for linux\/amd64 too/,
    never: /runtimePlatform/,
  },
  {
    what: "an image for another platform of ECS",
    play: ({ registry }) =>
      pushIndex(registry, "app", "1", [
        buildImage({ layers: ["gzip"], family: "oci", platform: { os: "linux", architecture: "arm64" } }),
      ]),
    says: /fix build the image for linux\/amd64 too .*or set the runtimePlatform/,
  },
  {
    what: "a Helm chart",
    play: artifact(
      "application/vnd.cncf.helm.config.v1+json",
      "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
    ),
    says: /it is a Helm chart .*fix use the name of a container image/,
    never: rebuild,
  },
  {
    what: "a manifest that the registry serves with another type",
    play: ({ registry }) => registry.putManifest("app", "1", "application/octet-stream", good.manifest),
    says: /fix have the registry serve the manifest with its own media type as Content-Type: application\/vnd\.oci/,
    never: rebuild,
  },
  {
    what: "bytes that contradict Docker media types",
    play: ({ registry }) => pushImage(registry, "app", "1", lying),
    options: ["--sniff"],
    says: /Fix: rebuild the image\. The media type of layer 2 does not say what its bytes are/,
    never: /OCI media types|allowOciMix|regctl/,
  },
  // Names.
  {
    what: "a digest alone",
    image: `sha256:${"0".repeat(64)}`,
    says: /a digest alone does not name a repository, write repository@sha256:…/,
    never: /docker\.io|push/,
  },
  {
    what: "a part of a digest alone",
    image: "sha256:0123",
    says: /To name a digest, write repository@sha256:…/,
  },
  {
    what: "an ARN",
    image: "arn:aws:ecr:eu-west-1:123456789012:repository/app",
    says: /it is an ARN; write account\.dkr\.ecr/,
    never: /its host must be/,
  },
  ...[
    ...["<IMAGE1_NAME>", "${IMAGE}", "$IMAGE", "{{ image }}", "app:${TAG}", "$(IMAGE)"],
    ...["#{image}#", "%IMAGE%", "IMAGE_URI", "__IMAGE__"],
  ].map((image) => ({
    what: `the placeholder ${image}`,
    image,
    says: /it contains a placeholder, .* that was not replaced/,
    never: /lowercase|white space|(?<!fix )write/,
  })),
  {
    what: "a registry's host without a repository",
    image: "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
    says: /names an image on Docker Hub\. If \S+ is a registry, add a repository/,
  },
];

/** What each language makes of an Output that a program converts to a string, and the function that it should have called. */
const outputs: readonly (readonly [language: string, text: string, advice: RegExp])[] = [
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- it is what programs do by mistake
  ["Node.js", String(output("registry.example/app")), /pulumi\.interpolate .* pulumi\.jsonStringify/],
  ["Node.js", "[object Promise]", /await a Promise/],
  ["Python", "<pulumi.output.Output object at 0x7f1c2a3b4d50>", /Output\.concat.* Output\.json_dumps/],
  ["Go", "{0xc000123450}", /pulumi\.Sprintf .* pulumi\.JSONMarshal/],
  ["Go", "%!s(MISSING)", /pulumi\.Sprintf .* pulumi\.JSONMarshal/],
  [".NET", "Pulumi.Output`1[System.String]", /Output\.Format .* Output\.JsonSerialize/],
  ["Java", "com.pulumi.core.internal.OutputInternal@5e91993f", /Output\.format .* applyValue/],
];

describe("the advice on an image", () => {
  testAdvice(circumstances);

  for (const [language, text, advice] of outputs) {
    const places: Record<string, unknown> = {
      "as the image": [{ name: "app", image: text }],
      "within the image": [{ name: "app", image: `registry.example/app:${text}` }],
      "within the JSON text": `[{"name":"app","image":"${text}:1" oops"}]`,
      "as the whole value": text,
      "as a JSON text": JSON.stringify(text),
    };
    for (const [place, containerDefinitions] of Object.entries(places))
      it(`names the Output that ${language} wrote ${place}: ${JSON.stringify(text.slice(0, 24))}`, async () => {
        const props =
          typeof containerDefinitions === "string"
            ? { containerDefinitions }
            : { containerDefinitions: JSON.stringify(containerDefinitions) };
        const found = await analyze("preview", [{ ...taskDefinition("web", {}), props }]);
        const [message = ""] = found.map((violation) => violation.message.replaceAll(/\s+/g, " "));
        assert.equal(found.length, 1);
        assert.match(message, advice);
        assert.doesNotMatch(message, /not valid JSON|lowercase|placeholder|AWS would refuse/);
      });
  }
});
