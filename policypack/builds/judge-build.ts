// builds/ predicts what an image build will push. Read this file first. `image-build.ts` reads the build's resource, `dockerfile/` plans
// the Dockerfile, and `predict-build.ts` has BuildKit's rules.
import { isMixed } from "../oci/compression";
import { layersError } from "../runtimes/predict";
import { type BuildCompression, type BuildSettings, predictBuild } from "./predict-build";

/** What a build stands on: layers as media types, bottom first. */
export interface BuildGround {
  readonly baseLayers: readonly string[];
  readonly newLayers: number;
  readonly buildkitVersion?: string;
}

/** What comes of one push: an image that is well, or what is wrong with it. */
export type BuildVerdict =
  | { readonly fine: true; readonly layers: readonly string[] }
  | {
      readonly fine: false;
      readonly layers: readonly string[];
      readonly mixed: boolean;
      /** What containerd 1.x answers to a pull; absent if it pulls. */
      readonly pullError?: string;
    }
  /** BuildKit's own words: there will be no image. */
  | { readonly fine: false; readonly layers: readonly []; readonly buildError: string };

export function judgeBuild(settings: BuildSettings, ground: BuildGround): BuildVerdict {
  const built = predictBuild({ ...settings, ...ground });
  if ("error" in built) return { fine: false, layers: [], buildError: built.error };
  const { layers } = built;
  const image = { layers: layers.map((mediaType) => ({ mediaType })), diffIds: null };
  const mixed = isMixed(image.layers);
  const [failed] = (["containerd-1.7", "containerd-1.6"] as const).flatMap(
    (runtime) => layersError(runtime, image) ?? [],
  );
  if (!mixed && failed === undefined) return { fine: true, layers };
  return { fine: false, layers, mixed, ...(failed === undefined ? {} : { pullError: failed }) };
}

/** Settings that fix a build, as `pulumi-docker-build` takes them: without a level it would drop the other two. */
export interface SafeSettings {
  readonly compression: BuildCompression;
  readonly compressionLevel: number;
  readonly forceCompression: true;
  readonly ociMediaTypes: true;
}

/** What BuildKit uses if no level is given (gzip's own default, zstd's `SpeedDefault`); these two take none. */
const usualLevels: Readonly<Record<BuildCompression, number>> = {
  gzip: 6,
  estargz: 6,
  zstd: 3,
  uncompressed: 1,
};

/**
 * The settings that give one compression under OCI types, which containerd ≥ 1.5 pulls whatever it is: the compression that was requested
 * for, gzip, or zstd, whichever is first proven to be well on each of these grounds. zstd always is: before 0.19, BuildKit leaves docker's zstd in
 * a base image as it is, under gzip as well.
 */
export function safeSettings(
  grounds: readonly BuildGround[],
  asked?: { readonly compression?: BuildCompression; readonly compressionLevel?: number },
): SafeSettings {
  const wanted = asked?.compression;
  const choices: readonly BuildCompression[] =
    wanted === undefined ? ["gzip", "zstd"] : [wanted, "gzip", "zstd"];
  const compression =
    choices.find((each) => grounds.every((ground) => judgeBuild(sentSettings(each), ground).fine)) ??
    ("zstd" satisfies BuildCompression);
  const level = compression === wanted ? asked?.compressionLevel : undefined;
  return {
    compression,
    compressionLevel: level !== undefined && level > 0 ? level : usualLevels[compression],
    forceCompression: true,
    ociMediaTypes: true,
  };
}

function sentSettings(compression: BuildCompression): BuildSettings {
  return { compression, forceCompression: true, ociMediaTypes: true, attestations: false };
}
