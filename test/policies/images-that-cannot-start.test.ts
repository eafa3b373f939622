import assert from "node:assert/strict";
import { analyze, type Registered, taskDefinition } from "../../support/engine/fake-engine";
import { buildImage, type ImageSpec, pushImage, pushIndex } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

const fargate = { requiresCompatibilities: ["FARGATE"] };
const arm = { runtimePlatform: { cpuArchitecture: "ARM64" } };
const arm64 = { os: "linux", architecture: "arm64" };
const gzipType = "application/vnd.oci.image.layer.v1.tar+gzip";

const images: Record<string, ImageSpec> = {
  good: { layers: ["gzip", "gzip"], family: "docker" },
  "docker-zstd": { layers: ["zstd", "zstd"], family: "docker" },
  "oci-zstd": { layers: ["zstd", "zstd"], family: "oci" },
  "docker-mix": { layers: ["gzip", "zstd"], family: "docker" },
  "oci-mix": { layers: ["gzip", "zstd"], family: "oci" },
  "too-few-diff-ids": { layers: ["gzip", "gzip"], family: "oci", missingDiffIds: 1 },
  encrypted: { layers: ["gzip"], family: "oci", mediaTypes: [`${gzipType}+encrypted`] },
  "compressed-tar": {
    layers: ["gzip"],
    family: "oci",
    mediaTypes: ["application/vnd.oci.image.layer.v1.tar"],
  },
  "unknown-type": { layers: ["gzip", "gzip"], family: "oci", mediaTypes: [gzipType, "application/x-foo"] },
  arm: { layers: ["gzip"], family: "docker", platform: arm64 },
  windows: {
    layers: ["gzip"],
    family: "docker",
    platform: { os: "windows", architecture: "amd64", osVersion: "10.0.17763.1" },
  },
  "no-architecture": { layers: ["gzip"], family: "docker", platform: { os: "linux", architecture: "" } },
  "x86-32": { layers: ["gzip"], family: "docker", platform: { os: "linux", architecture: "386" } },
  "arm-v9": {
    layers: ["gzip"],
    family: "docker",
    platform: { os: "linux", architecture: "arm64", variant: "v9" },
  },
  "old-arm": {
    layers: ["gzip"],
    family: "docker",
    platform: { os: "linux", architecture: "arm", variant: "v7" },
  },
};

describe("an image that cannot start", () => {
  let registry: TestRegistry;
  const image = (name: string) => (name.includes("/") ? name : `${registry.host}/${name}`);

  before(async () => {
    registry = await TestRegistry.start();
    for (const [tag, spec] of Object.entries(images)) pushImage(registry, "app", tag, buildImage(spec));
    pushIndex(registry, "app", "arm-only", [
      buildImage({ layers: ["gzip"], family: "oci", platform: arm64 }),
    ]);
    const chart = {
      mediaType: "application/vnd.cncf.helm.config.v1+json",
      digest: `sha256:${"0".repeat(64)}`,
      size: 2,
    };
    const ociManifest = "application/vnd.oci.image.manifest.v1+json";
    const document = { schemaVersion: 2, mediaType: ociManifest, config: chart, layers: [] };
    registry.putManifest("app", "chart", ociManifest, document);
    // Not JSON, as a config.
    const config = {
      mediaType: "application/vnd.oci.image.config.v1+json",
      digest: registry.putBlob("app", "text"),
      size: 4,
    };
    registry.putManifest("app", "no-config", ociManifest, { ...document, config });
    registry.putManifest("app", "schema1", "application/vnd.docker.distribution.manifest.v1+json", {
      schemaVersion: 1,
      fsLayers: [],
    });
  });
  after(() => registry.stop());

  const sniffLayers = { "mixed-layer-compression": { sniffLayers: true } };
  const allowOciMix = { "mixed-layer-compression": { allowOciMix: true } };
  const old = { "mixed-layer-compression": { runtimes: { EC2: ["dockerd-20.10"] } } };
  const verdicts: [tag: string, more: object, found: string[], config?: Record<string, object>][] = [
    ["good", fargate, []],
    ["docker-zstd", fargate, ["unpullable-layers mandatory"]],
    // dockerd 23 and later read bytes, not types.
    ["docker-zstd", {}, []],
    ["docker-zstd", { requiresCompatibilities: ["EC2", "FARGATE"] }, ["unpullable-layers mandatory"]],
    [
      "docker-zstd",
      { runtimePlatform: { operatingSystemFamily: "WINDOWS_SERVER_2022_CORE" } },
      ["platform-mismatch mandatory"],
    ],
    ["oci-zstd", fargate, []],
    ["oci-zstd", {}, []],
    ["oci-zstd", {}, ["unpullable-layers mandatory"], old],
    // Said once, by the policy that says it best.
    ["docker-mix", fargate, ["mixed-layer-compression mandatory"]],
    ["docker-mix", fargate, ["mixed-layer-compression mandatory"], allowOciMix],
    ["oci-mix", fargate, ["mixed-layer-compression mandatory"]],
    ["oci-mix", fargate, ["mixed-layer-compression advisory"], allowOciMix],
    [
      "oci-mix",
      {},
      ["mixed-layer-compression advisory", "unpullable-layers mandatory"],
      { "mixed-layer-compression": { allowOciMix: true, runtimes: { EC2: ["dockerd-20.10"] } } },
    ],
    ["too-few-diff-ids", fargate, ["unpullable-layers mandatory"]],
    ["too-few-diff-ids", {}, ["unpullable-layers mandatory"]],
    ["encrypted", fargate, ["unpullable-layers mandatory"]],
    ["unknown-type", fargate, ["unpullable-layers mandatory"]],
    ["compressed-tar", fargate, []],
    ["compressed-tar", fargate, ["unpullable-layers mandatory"], sniffLayers],
    ["chart", fargate, ["unpullable-layers mandatory"]],
    ["schema1", {}, ["unpullable-layers mandatory"]],
    ["arm", {}, ["platform-mismatch mandatory"]],
    ["arm", arm, []],
    ["arm-only", {}, ["platform-mismatch mandatory"]],
    ["arm-only", arm, []],
    ["old-arm", arm, []],
    ["old-arm", {}, ["platform-mismatch mandatory"]],
    ["arm-v9", arm, []],
    ["x86-32", {}, []],
    ["x86-32", arm, ["platform-mismatch mandatory"]],
    ["no-architecture", arm, []],
    ["windows", {}, ["platform-mismatch mandatory"]],
    ["windows", { runtimePlatform: { operatingSystemFamily: "WINDOWS_SERVER_2019_CORE" } }, []],
    [
      "windows",
      { runtimePlatform: { operatingSystemFamily: "WINDOWS_SERVER_2022_CORE" } },
      ["platform-mismatch mandatory"],
    ],
    // No runtime of Windows was measured, but none decodes this.
    [
      "no-config",
      { runtimePlatform: { operatingSystemFamily: "WINDOWS_SERVER_2022_CORE" } },
      ["unpullable-layers mandatory"],
    ],
    ["no-config", {}, ["unpullable-layers mandatory"]],
    ["gone", {}, ["missing-image advisory"]],
  ];
  for (const [tag, more, found, config] of verdicts) {
    const words = `${JSON.stringify(more)}${config === undefined ? "" : ` under ${JSON.stringify(config)}`}`;
    it(`:${tag} in ${words} is ${found.join(" and ") || "fine"}`, async () => {
      for (const mode of ["preview", "update"] as const) {
        const violations = await analyze(
          mode,
          [taskDefinition("web", { c: image(`app:${tag}`) }, more)],
          config,
        );
        assert.deepEqual(
          violations.map(({ policy, level }) => `${policy} ${level}`),
          found,
        );
      }
    });
  }

  const message = async (
    tag: string,
    more: object = {},
    config: Record<string, object> = {},
  ): Promise<string> => {
    const [violation] = await analyze(
      "update",
      [taskDefinition("web", { c: image(`app:${tag}`) }, more)],
      config,
    );
    return violation?.message ?? "";
  };

  it("is described by the error of each runtime that the task may run on", async () => {
    const text = await message("docker-zstd", { requiresCompatibilities: ["FARGATE", "EC2"] });
    assert.match(
      text,
      /^Cannot be pulled by containerd 1\.6–1\.7\. ECS may stop its tasks with\n {2}CannotPullContainerError: failed to/,
    );
    assert.match(text, /used by +`web`: `c`\n/);
    assert.match(text, /layers +zz\n +1–2 {2}zstd {2}Docker type/);
    assert.match(
      text,
      /^fails on containerd 1\.6–1\.7\npulls on containerd 2\.0–2\.3, dockerd 23 and later\n/m,
    );
    assert.match(text, /compression=gzip,force-compression=true/);
  });

  it("built for another platform is described by both", async () => {
    assert.match(await message("arm"), /"exec format error"[^]*built for linux\/arm64 only/);
    assert.match(
      await message("windows"),
      /Its containers cannot start\.[^]*built for windows\/amd64 10\.0\.17763\.1 only/,
    );
    assert.match(await message("arm-only"), /no manifest for linux\/amd64, only for linux\/arm64/);
  });

  it("whose layers lie is described by their bytes", async () => {
    assert.match(
      await message("compressed-tar", fargate, sniffLayers),
      / 1 {2}gzip {2}by its bytes; its OCI type says tar/,
    );
  });

  it("is judged in the update if the previewed program pushes it", async () => {
    for (const tag of ["gone", "docker-mix", "docker-zstd"]) {
      const build: Registered = {
        type: "docker-build:index:Image",
        name: "build",
        props: { tags: [image(`app:${tag}`)], push: true, dockerfile: { inline: "FROM scratch" } },
      };
      const web = taskDefinition("web", { c: image(`app:${tag}`) }, fargate);
      const previewed = await analyze("preview", [build, web], {});
      assert.ok(
        previewed.every(({ level }) => level === "advisory"),
        JSON.stringify(previewed),
      );
      const updated = await analyze("update", [build, web], {});
      assert.equal(updated.length > 0, true);
      const [policy] = updated.map((violation) => violation.policy);
      assert.notEqual(policy, "build-compression");
    }
  });
});
