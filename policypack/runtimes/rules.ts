import { compressionOf, type LayerBytes } from "../oci/compression";
import { bareMediaType } from "../oci/media-types";

/**
 * What is known of each container runtime, as data: one line for each change of behaviour, with its source.
 * `test/conformance/pull-matrix.json` holds the pulls that these lines reproduce.
 */

/** `major.minor.patch`, as in `1.6.39`. */
type Version = readonly [major: number, minor: number, patch: number];

/** The first releases that behave so: one for each maintained branch. A branch after the last one always does. */
type Since = readonly Version[];

const always: Since = [[0, 0, 0]];
/** How a containerd reads the blob behind a type: by its magic number, as it is, or not at all. */
export type Reading = "sniffed" | "raw" | "refused";

/** How a containerd selects a manifest, and what it reads of it. */
export interface ContainerdSelection {
  /** Types, before any `+suffix`, that count as layers. */
  readonly layerTypes: ReadonlySet<string>;
  /** An index entry with `os.features` matches only hosts that have them. */
  readonly osFeatures: boolean;
  readonly refusesNegativeSizes: boolean;
  /** Knows minor versions of arm64, such as `v8.0`. */
  readonly arm64Minors: boolean;
  /** The variant of a config counts when an entry without a platform is compared. */
  readonly configVariant: boolean;
}

export interface ContainerdRules extends ContainerdSelection {
  readonly engine: "containerd";
  /** `+suffixes` of OCI types behind which the blob is sniffed. */
  readonly sniffedSuffixes: ReadonlySet<string>;
  readonly decoders: ReadonlySet<LayerBytes>;
  /** Without any recognised layer, unpacking falls back to the whole list: is that one filtered too? */
  readonly fallbackFiltered: boolean;
  /** Types that the default configuration hands to the decryption tool, and what happens if it is not installed. */
  readonly decrypted: ReadonlySet<string>;
  readonly decryptionError: string;
  /** Errors name the layer's type and the snapshot. */
  readonly detailed: boolean;
  /** What the client appends to an error that came over gRPC. */
  readonly errorSuffix: "" | ": unknown";
}

/** How a dockerd selects a manifest. */
export interface DockerdSelection {
  readonly osFeatures: false;
  readonly arm64Minors: boolean;
  /** Selects as `platforms.Only`: a host's own architecture levels, entries without a platform, indexes in indexes. */
  readonly platformMatcher: boolean;
}

export interface DockerdRules extends DockerdSelection {
  readonly engine: "dockerd";
  readonly decoders: ReadonlySet<LayerBytes>;
  /** Layers are unpacked in a child process, whose end the error quotes. */
  readonly childProcess: boolean;
}

export type RuntimeRules = ContainerdRules | DockerdRules;

/** Types that count as layers in addition to all of `application/vnd.oci.image.layer.*` (containerd `images/mediatypes.go`, `IsLayerType`). */
const containerdLayerTypes: readonly (readonly [type: string, since: Since])[] = [
  ["application/vnd.docker.image.rootfs.diff.tar", always],
  ["application/vnd.docker.image.rootfs.diff.tar.gzip", always],
  ["application/vnd.docker.image.rootfs.foreign.diff.tar", always],
  ["application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", always],
  ["application/vnd.docker.image.rootfs.diff.tar.zstd", [[2, 0, 0]]], // containerd PR 9859
  ["application/vnd.erofs.layer.v1", [[2, 3, 0]]],
];

/** Suffixes of OCI types (containerd `images/mediatypes.go`, `DiffCompression`); any other blob is read as it is. */
const containerdSuffixes: readonly (readonly [suffix: string, since: Since])[] = [
  ["gzip", always],
  ["zstd", [[1, 5, 0]]],
];

/** Magic numbers (containerd `archive/compression/compression.go`, `DetectCompression`). */
const containerdDecoders: readonly (readonly [bytes: LayerBytes, since: Since])[] = [
  ["none", always],
  ["gzip", always],
  ["zstd", [[1, 5, 0]]],
  ["zstd-skippable", [[1, 6, 0]]],
];

/** Stream processors of the default configuration (containerd `cmd/containerd/command/config.go`, `streamProcessors`). */
const containerdDecrypted: readonly (readonly [type: string, since: Since])[] = [
  ["application/vnd.oci.image.layer.v1.tar+encrypted", [[1, 5, 0]]],
  ["application/vnd.oci.image.layer.v1.tar+gzip+encrypted", [[1, 5, 0]]],
];

const containerdChanges = {
  /** "Allow for images with artifacts to pull": `image.go`, `getLayers`. */
  fallbackFiltered: [
    [1, 6, 25],
    [1, 7, 7],
  ],
  /** "Add more error details when unpack fails to extract": `core/unpack/unpacker.go`. */
  detailed: [[2, 1, 2]],
  /** Measured: errors of 2.x no longer end in `: unknown`, the gRPC code. */
  plainErrors: [[2, 0, 0]],
  /** platforms 1.0.0-rc.5: `matchOSFeatures`. */
  osFeatures: [[2, 3, 0]],
  /** image-spec 1.1: `Image` embeds a whole platform. */
  configVariant: [[2, 0, 0]],
  /** Measured with 2.0.14 and 2.3.7; 2.2.9 and 2.3.5 take a negative size for an unknown one. */
  negativeSizes: [
    [2, 0, 14],
    [2, 3, 7],
  ],
  /** platforms 1.0.0-rc.1: `arm64variantToVersion`. */
  arm64Minors: [[2, 0, 0]],
} satisfies Record<string, Since>;

const toolMissing = 'exec: "ctd-decoder": executable file not found in $PATH';
/** The same in other builds' words, measured with Debian's 1.6.20 and Docker's own: it depends on their Go and its `execabs`. */
const toolRelative = "ctd-decoder resolves to executable in current directory (./ctd-decoder)";

/** Magic numbers (moby `pkg/archive/archive.go`, `DetectCompression`). */
const dockerdDecoders: readonly (readonly [bytes: LayerBytes, since: Since])[] = [
  ["none", always],
  ["gzip", always],
  ["zstd", [[23, 0, 0]]],
  ["zstd-skippable", [[23, 0, 0]]],
];

const dockerdChanges = {
  /** `pkg/chrootarchive` unpacks in the daemon itself, without `reexec`. */
  inProcess: [[24, 0, 0]],
  /** platforms 1.0.0-rc.1 (moby `vendor.mod`). */
  arm64Minors: [[28, 0, 0]],
  /** `distribution/pull_v2_unix.go`, `filterManifests`, with the processor's level since 23.0. */
  platformMatcher: [[23, 0, 0]],
} satisfies Record<string, Since>;

/** Which containerd stands behind Docker's containerd image store (moby `vendor.mod`); Docker 25 is what ECS ships. */
const containerdOfDocker: readonly (readonly [containerd: string, since: Since])[] = [
  ["1.7.33", [[25, 0, 0]]],
  ["2.3.5", [[29, 0, 0]]],
];

/** Each release's, once it was looked up: every image is pulled by the same few. */
const known = new Map<string, RuntimeRules>();

/**
 * The rules of one release, named as it is in the conformance matrix: `containerd 1.6.20`, `dockerd 23.0.6`,
 * `dockerd+containerd-store 25.0.17`.
 *
 * @throws {RangeError} if the name is none of these
 */
export function rulesOf(release: string): RuntimeRules {
  let rules = known.get(release);
  if (rules === undefined) known.set(release, (rules = readRules(release)));
  return rules;
}

/** The same for all runtimes that select and read alike: they differ in what they make of the layers alone. */
export function selectionKey(rules: RuntimeRules): string {
  switch (rules.engine) {
    case "containerd": {
      const { layerTypes, osFeatures, refusesNegativeSizes, arm64Minors, configVariant } = rules;
      const all: Required<ContainerdSelection> = {
        layerTypes,
        osFeatures,
        refusesNegativeSizes,
        arm64Minors,
        configVariant,
      };
      return JSON.stringify([rules.engine, { ...all, layerTypes: [...layerTypes] }]);
    }
    case "dockerd": {
      const { osFeatures, arm64Minors, platformMatcher } = rules;
      const all: Required<DockerdSelection> = { osFeatures, arm64Minors, platformMatcher };
      return JSON.stringify([rules.engine, all]);
    }
  }
}

function readRules(release: string): RuntimeRules {
  const match = /^(containerd|dockerd|dockerd\+containerd-store) (\d+\.\d+\.\d+)$/.exec(release);
  const [, engine, written = ""] = match ?? [];
  const version = versionOf(written);
  if (engine === "containerd")
    return containerdRules(version, written === "1.6.20" ? toolRelative : toolMissing);
  if (engine === "dockerd") return dockerdRules(version);
  const containerd = engine === undefined ? undefined : [...have(containerdOfDocker, version)].at(-1);
  if (containerd !== undefined) return containerdRules(versionOf(containerd), toolRelative);
  throw new RangeError(`no rules are known for the runtime ${release}`);
}

function containerdRules(version: Version, decryptionError: string): ContainerdRules {
  return {
    engine: "containerd",
    layerTypes: have(containerdLayerTypes, version),
    sniffedSuffixes: have(containerdSuffixes, version),
    decoders: have(containerdDecoders, version),
    decrypted: have(containerdDecrypted, version),
    decryptionError,
    fallbackFiltered: has(containerdChanges.fallbackFiltered, version),
    detailed: has(containerdChanges.detailed, version),
    errorSuffix: has(containerdChanges.plainErrors, version) ? "" : ": unknown",
    osFeatures: has(containerdChanges.osFeatures, version),
    configVariant: has(containerdChanges.configVariant, version),
    refusesNegativeSizes: has(containerdChanges.negativeSizes, version),
    arm64Minors: has(containerdChanges.arm64Minors, version),
  };
}

function dockerdRules(version: Version): DockerdRules {
  return {
    engine: "dockerd",
    decoders: have(dockerdDecoders, version),
    childProcess: !has(dockerdChanges.inProcess, version),
    osFeatures: false,
    arm64Minors: has(dockerdChanges.arm64Minors, version),
    platformMatcher: has(dockerdChanges.platformMatcher, version),
  };
}

function have<T>(table: readonly (readonly [T, Since])[], version: Version): Set<T> {
  return new Set(table.filter(([, since]) => has(since, version)).map(([entry]) => entry));
}

function has(since: Since, version: Version): boolean {
  const [major, minor, patch] = version;
  const branch = since.find((first) => first[0] === major && first[1] === minor);
  if (branch !== undefined) return patch >= branch[2];
  const last = since.at(-1);
  return last !== undefined && (major > last[0] || (major === last[0] && minor > last[1]));
}

function versionOf(written: string): Version {
  const [major = 0, minor = 0, patch = 0] = written.split(".").map(Number);
  return [major, minor, patch];
}

/** A layer as a runtime meets it. */
export interface PulledLayer {
  readonly mediaType: string;
  readonly digest?: string;
  /** What the blob really is, where someone looked; otherwise it is taken to be what its media type says. */
  readonly bytes?: LayerBytes;
  /** Bytes of the blob. Only matters below 512, a tar header's size. */
  readonly size?: number;
}

export interface PulledImage {
  readonly layers: readonly PulledLayer[];
  /** The config's `rootfs.diff_ids`, or how many there are; null if it was not read: it is then taken to be right. */
  readonly diffIds: readonly string[] | number | null;
}

/** Whether a tar comes out, of a blob that is decoded by its magic number or read `raw`, as it is. */
export function isReadable(layer: PulledLayer, decoders: ReadonlySet<LayerBytes> | "raw"): boolean {
  const bytes = layer.bytes ?? claimedBytes(layer.mediaType);
  // A type that does not name the compression, and a blob that was not sniffed: a runtime that sniffs may read it.
  if (bytes === undefined) return decoders !== "raw";
  return decoders === "raw" ? bytes === "none" : decoders.has(bytes);
}

/** How Go's `archive/tar` refuses a blob that is not a tar. */
export function tarError(layer: PulledLayer): string {
  return layer.size !== undefined && layer.size < 512 ? "unexpected EOF" : "archive/tar: invalid tar header";
}

function claimedBytes(mediaType: string): LayerBytes | undefined {
  const compression = compressionOf(mediaType);
  if (compression !== "unknown") return compression;
  return bareMediaType(mediaType).endsWith("+encrypted") ? "unknown" : undefined;
}

/** How many `diff_ids` the config has; as many as layers if it was not read. */
export function diffIdCount({ diffIds, layers }: PulledImage): number {
  if (typeof diffIds === "number") return diffIds;
  return diffIds === null ? layers.length : diffIds.length;
}

/**
 * Whether a `diff_id` cannot be what its layer unpacks to: it is not a sha256 digest, or it is the digest of the compressed blob, which
 * never equals that of its content.
 */
export function hasImpossibleDiffId(layers: readonly PulledLayer[], { diffIds }: PulledImage): boolean {
  if (diffIds === null || typeof diffIds === "number") return false;
  return diffIds.some((diffId, index) => {
    if (!/^sha256:[0-9a-f]{64}$/.test(diffId)) return true;
    const layer = layers[index];
    const bytes = layer === undefined ? undefined : (layer.bytes ?? claimedBytes(layer.mediaType));
    return layer?.digest === diffId && (bytes === "gzip" || bytes === "zstd" || bytes === "zstd-skippable");
  });
}
