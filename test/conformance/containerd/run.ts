import { fillRegistry } from "../../../demo/registry-content";
import { Inspector } from "../../../policypack/inspection/inspector";
import { parsePlatform } from "../../../policypack/oci/platform";
import { pullError } from "../../../policypack/runtimes/predict";
import { buildImage, type ImageSpec, pushImage, pushMixedOnArm } from "../../../support/registry/images";
import { TestRegistry } from "../../../support/registry/registry";
import { Containerd, SkippedError } from "./daemon";
import { pullAll, withoutNames } from "./pulls";

/** Whose rules are held against the machine's containerd: Debian 12 ships it. */
const release = "1.6.20";
const amd64 = "linux/amd64";
const docker = "application/vnd.docker.image.rootfs.diff.tar";
const oci = "application/vnd.oci.image.layer.v1.tar";

/** The demo's images, and one that mixes on arm64 only, by the platform of their tasks. */
const named: readonly (readonly [name: string, platform: string])[] = [
  ["shop/web:1", amd64],
  ["shop/api:1", amd64],
  ["shop/api:2", amd64],
  ["batch:arm-mix", amd64],
  ["batch:arm-mix", "linux/arm64"],
];

/** More of what an image may be, one for each rule of containerd's. */
const more: Readonly<Record<string, ImageSpec>> = {
  "oci-mix": { family: "oci", layers: ["gzip", "gzip", "zstd"] },
  "oci-zstd": { family: "oci", layers: ["zstd", "zstd", "zstd"] },
  "docker-zstd": { family: "docker", layers: ["zstd", "zstd"] },
  "docker-tar": { family: "docker", layers: ["none", "gzip"] },
  "zstd-below-gzip": { family: "docker", layers: ["zstd", "gzip", "gzip"] },
  "oci-tar": { family: "oci", layers: ["none", "none"] },
  "missing-diff-id": { family: "oci", layers: ["gzip", "gzip", "gzip"], missingDiffIds: 1 },
  "zstd-called-gzip": {
    family: "docker",
    layers: ["gzip", "zstd"],
    mediaTypes: [`${docker}.gzip`, `${docker}.gzip`],
  },
  "gzip-called-tar": { family: "oci", layers: ["gzip", "gzip"], mediaTypes: [oci, oci] },
  "upper-gzip-called-tar": { family: "oci", layers: ["gzip", "gzip"], mediaTypes: [`${oci}+gzip`, oci] },
  "docker-type-with-suffix": {
    family: "docker",
    layers: ["gzip", "gzip"],
    mediaTypes: [`${docker}+gzip`, `${docker}+gzip`],
  },
  "unknown-oci-type": { family: "oci", layers: ["gzip"], mediaTypes: [`${oci}.zstd`] },
  encrypted: { family: "oci", layers: ["gzip"], mediaTypes: [`${oci}+gzip+encrypted`] },
  "foreign-type": {
    family: "oci",
    layers: ["gzip", "gzip"],
    mediaTypes: ["application/x-layer", `${oci}+gzip`],
  },
};

/** Pulls images with a real containerd and holds each outcome, words included, against the prediction; gives the exit status. */
async function conformance(say: (line: string) => void): Promise<number> {
  const version = await Containerd.version();
  if (version !== release)
    throw new SkippedError(`the containerd on PATH is ${version}, and the rules speak of ${release}`);
  const registry = await TestRegistry.start();
  const inspector = new Inspector({ sniffLayers: true });
  let containerd: Containerd | undefined;
  try {
    containerd = await Containerd.start();
    fillRegistry(registry);
    pushMixedOnArm(registry, "batch", "arm-mix");
    for (const [tag, spec] of Object.entries(more)) pushImage(registry, "more", tag, buildImage(spec));
    const pulled = [...named, ...Object.keys(more).map((tag) => [`more:${tag}`, amd64] as const)];
    const images = pulled.map(([name, platform]) => ({ image: `${registry.host}/${name}`, platform }));
    const outcomes = await pullAll(containerd.socket, images);
    let disagreements = 0;
    for (const [i, { image, platform }] of images.entries()) {
      const inspection = await inspector.inspect(image, parsePlatform(platform));
      if (!inspection.ok) throw new Error(`${image}: ${inspection.failure.message}`);
      const { layers, config } = inspection.value;
      const predicted =
        pullError(`containerd ${release}`, {
          layers,
          diffIds: config === null ? null : (config.rootfs.diffIds ?? []),
        }) ?? "";
      const actual = withoutNames(outcomes[i] ?? "");
      const agrees = predicted === actual;
      if (!agrees) disagreements++;
      const name = `${pulled[i]?.[0] ?? ""} (${platform})`;
      say(`${agrees ? "agrees" : "DIFFERS"}  ${name}: ${actual === "" ? "pulls" : actual}`);
      if (!agrees) say(`         predicted: ${predicted === "" ? "pulls" : predicted}`);
    }
    say(`containerd ${version}: ${images.length} pulls, ${images.length - disagreements} as predicted`);
    return disagreements === 0 ? 0 : 1;
  } finally {
    await containerd?.stop();
    await inspector.close();
    await registry.stop();
  }
}

const say = (line: string) => process.stdout.write(`${line}\n`);
conformance(say).then(
  (status) => process.exit(status),
  (error: unknown) => {
    // The job is optional: a machine without the means is told so, and fails nothing.
    if (error instanceof SkippedError) say(`skipped: ${error.message}`);
    else process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(error instanceof SkippedError ? 0 : 1);
  },
);
