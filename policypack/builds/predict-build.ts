import { type Compression, isMixed } from "../oci/compression";
import { layersError } from "../runtimes/predict";

/** The values of BuildKit's `compression` attribute. */
export type BuildCompression = "uncompressed" | "gzip" | "zstd" | "estargz";

/** What each makes of a layer. eStargz is gzip to all who do not look closer. */
const compressions: Readonly<Record<BuildCompression, LayerCompression>> = {
  uncompressed: "none",
  gzip: "gzip",
  zstd: "zstd",
  estargz: "gzip",
};

/** The image exporter's settings, as they reach BuildKit; what is absent is not set. */
export interface BuildSettings {
  readonly compression?: BuildCompression;
  readonly forceCompression?: boolean;
  readonly ociMediaTypes?: boolean;
  /** Provenance or an SBOM is attached. BuildKit adds none by default, but `docker buildx` adds provenance unless it is disabled. */
  readonly attestations?: boolean;
}

export interface Build extends BuildSettings {
  /** Such as `v0.17.3` or `0.31.0`; the worse case counts if it is absent or not such a version. */
  readonly buildkitVersion?: string;
  /** Media types of the base image's layers, bottom first; empty for `FROM scratch`. */
  readonly baseLayers: readonly string[];
  /** The number of layers that the Dockerfile adds to them. */
  readonly newLayers: number;
}

/** The media types of the image's layers, bottom first; or why there will be no image, in BuildKit's words. */
export type BuildPrediction = { readonly layers: string[] } | { readonly error: string };

/** What changed in BuildKit's image exporter, each from this release on. */
interface BuildKitRules {
  /** `[major, minor]` of the first release. */
  readonly since: readonly [major: number, minor: number];
  /** Before, `force-compression` left docker's zstd as it was: measured; containerd 1.x does not take it for a layer either. */
  readonly forcesDockerZstd: boolean;
  /** OCI types are the default, and exports that need them are refused with `oci-mediatypes=false`. */
  readonly ociByDefault: boolean;
}

/**
 * Oldest first. Measured with seven versions from 0.17 to 0.34, of which `test/conformance/build-matrix.json` holds 0.17.3,
 * 0.20.2 and 0.31.0; older and newer ones are taken to be as the nearest.
 */
const buildkits: readonly [BuildKitRules, ...BuildKitRules[]] = [
  { since: [0, 0], forcesDockerZstd: false, ociByDefault: false },
  { since: [0, 19], forcesDockerZstd: true, ociByDefault: false },
  { since: [0, 31], forcesDockerZstd: true, ociByDefault: true },
];

/** The branches of containerd 1.x that pulled the matrix's images. Not 1.4, which reads no zstd: no OCI image with it would be well. */
const containerd1 = ["containerd-1.6", "containerd-1.7"] as const;

/**
 * What BuildKit makes of a base image and new layers, without caches: a cache keeps whatever compression it has.
 *
 * Without a readable version, it is the worst that any version makes: an image that containerd 1.x does not pull, before one that
 * mixes gzip and zstd, before a build that fails, before an image that is well; and the newest version's where they are as bad.
 *
 * @throws {RangeError} if `newLayers` is not a whole number from 0 up
 */
export function predictBuild(build: Build): BuildPrediction {
  const rules = rulesOf(build.buildkitVersion);
  if (rules !== undefined) return outcome(rules, build);
  const [oldest, ...newer] = buildkits;
  return newer
    .map((each) => outcome(each, build))
    .reduce((worst, next) => (badness(next) < badness(worst) ? worst : next), outcome(oldest, build));
}

export function isBuildCompression(name: string): name is BuildCompression {
  return Object.hasOwn(compressions, name);
}

function outcome(rules: BuildKitRules, build: Build): BuildPrediction {
  const { baseLayers, newLayers, forceCompression = false } = build;
  if (!Number.isSafeInteger(newLayers) || newLayers < 0)
    throw new RangeError("newLayers must be a whole number from 0 up");
  // A caller in JavaScript may say anything here.
  const name: string = build.compression ?? "gzip";
  if (!isBuildCompression(name)) return { error: `unsupported compression type ${name}` };
  const error = refusal(rules, build);
  if (error !== undefined) return { error };

  const compression = compressions[name];
  const family = familyOf(rules, build);
  const base = baseLayers.map((mediaType) => {
    const layer = readLayerType(mediaType);
    if (layer === undefined) return mediaType;
    const dockerZstd = layer.family === "docker" && layer.compression === "zstd";
    const forced = forceCompression && (rules.forcesDockerZstd || !dockerZstd);
    return writeLayerType({ family, compression: forced ? compression : layer.compression });
  });
  const added = Array<string>(newLayers).fill(writeLayerType({ family, compression }));
  return { layers: [...base, ...added] };
}

/** eStargz is refused before attestations are looked at. */
function refusal(rules: BuildKitRules, { compression, ociMediaTypes, attestations }: Build) {
  if (!rules.ociByDefault || ociMediaTypes !== false) return undefined;
  if (compression === "estargz")
    return 'exporter option "compression=estargz" conflicts with "oci-mediatypes=false"';
  return attestations === true ? 'cannot export attestations with "oci-mediatypes=false"' : undefined;
}

/** Attestations and eStargz exist in OCI images only, so they win over `oci-mediatypes=false` unless it is refused. */
function familyOf(rules: BuildKitRules, { compression, ociMediaTypes, attestations }: Build): LayerFamily {
  if (attestations === true || compression === "estargz") return "oci";
  return (ociMediaTypes ?? rules.ociByDefault) ? "oci" : "docker";
}

/** Pre-releases (`v0.31.0-rc1`) and builds of distributors (`v0.11.7+d3e6c1360f6e`) count as the release that they name. */
function rulesOf(version = ""): BuildKitRules | undefined {
  const match = /^v?(\d+)\.(\d+)(?:\.\d+)?(?:[-+].*)?$/.exec(version.trim());
  if (match === null) return undefined;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return buildkits.findLast(({ since }) => major > since[0] || (major === since[0] && minor >= since[1]));
}

function badness(prediction: BuildPrediction): number {
  if ("error" in prediction) return 1;
  const layers = prediction.layers.map((mediaType) => ({ mediaType }));
  const pulls = containerd1.every((runtime) => layersError(runtime, { layers, diffIds: null }) === undefined);
  return (pulls ? 0 : 4) + (isMixed(layers) ? 2 : 0);
}

/** Whose names an image's layers bear. */
export type LayerFamily = "docker" | "oci";

export type LayerCompression = Exclude<Compression, "unknown">;

export interface LayerType {
  readonly family: LayerFamily;
  readonly compression: LayerCompression;
}

/** What BuildKit writes (`util/compression/compression.go`, `toDockerLayerType` and `toOCILayerType`). */
const written: Readonly<Record<LayerFamily, Readonly<Record<LayerCompression, string>>>> = {
  docker: {
    none: "application/vnd.docker.image.rootfs.diff.tar",
    gzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
    zstd: "application/vnd.docker.image.rootfs.diff.tar.zstd",
  },
  oci: {
    none: "application/vnd.oci.image.layer.v1.tar",
    gzip: "application/vnd.oci.image.layer.v1.tar+gzip",
    zstd: "application/vnd.oci.image.layer.v1.tar+zstd",
  },
};

/** What BuildKit reads; it is a table of exact strings there too. */
const read: ReadonlyMap<string, LayerType> = new Map<string, LayerType>([
  [written.docker.none, { family: "docker", compression: "none" }],
  [written.docker.gzip, { family: "docker", compression: "gzip" }],
  [written.docker.zstd, { family: "docker", compression: "zstd" }],
  [written.oci.none, { family: "oci", compression: "none" }],
  [written.oci.gzip, { family: "oci", compression: "gzip" }],
  [written.oci.zstd, { family: "oci", compression: "zstd" }],
  // Exported as ordinary layers, unless `prefer-nondist-layers` is on (`cache/refs.go`, `layerToDistributable`).
  ["application/vnd.docker.image.rootfs.foreign.diff.tar", { family: "docker", compression: "none" }],
  ["application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", { family: "docker", compression: "gzip" }],
  ["application/vnd.oci.image.layer.nondistributable.v1.tar", { family: "oci", compression: "none" }],
  ["application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", { family: "oci", compression: "gzip" }],
  ["application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", { family: "oci", compression: "zstd" }],
]);

/** A base layer as BuildKit understands it; undefined for types it passes on as they are (`convertLayerMediaType`). */
function readLayerType(mediaType: string): LayerType | undefined {
  return read.get(mediaType);
}

function writeLayerType({ family, compression }: LayerType): string {
  return written[family][compression];
}
