import type { BuildVerdict, SafeSettings } from "../builds/judge-build";
import { printableName } from "../oci/reference";
import type { BuildSettings } from "../builds/predict-build";
import type { LayerStep } from "../builds/dockerfile/build-plan";
import { count, printable } from "../common/text";
import { layerLines } from "./layers";
import { type Fact, facts, quoted } from "./layout";

/** What a build starts from, as far as it is known. */
export interface ReportedBase {
  /** Such as `nginx:1.27`, or `scratch`. */
  readonly name: string;
  readonly platform: string;
  /** Media types, bottom first. */
  readonly layers: readonly string[];
}

/** One push of a build that is not well, as it is told. */
export interface FaultyBuild {
  readonly resource: string;
  /** The place of the push in the resource, such as `exports[0]`. */
  readonly path: string;
  readonly images: readonly string[];
  /** Why the base image is not known, where it is not. */
  readonly base: ReportedBase | { readonly unknown: string };
  /** Absent where the Dockerfile is not known. */
  readonly steps?: readonly LayerStep[];
  readonly settings: BuildSettings;
  readonly dropped: readonly string[];
  readonly verdict: Extract<BuildVerdict, { fine: false }>;
  readonly buildkitVersion?: string;
  /** Absent where the resource has no settings that could be changed. */
  readonly fix?: { readonly source: string; readonly settings: SafeSettings };
  readonly notes: readonly string[];
}

/** The block that is shown at the resource. At most 80 columns, save for names and code. */
export function faultyBuild(build: FaultyBuild): string {
  const { verdict, notes } = build;
  return [
    ...headline(verdict),
    "",
    ...facts([
      ["build", `${quoted(build.resource)}: ${build.path}`],
      ...pushedNames(build.images),
      ["base", baseWords(build.base)],
      ...(build.steps === undefined ? [] : [["adds", stepWords(build.steps)] satisfies Fact]),
      ...droppedWords(build.dropped),
      ["sent", sentWords(build.settings, build.dropped)],
    ]),
    ...("buildError" in verdict || "unknown" in build.base ? [] : ["", ...madeLines(verdict)]),
    "",
    ...consequence(build),
    ...version(build),
    ...notes.map((note) => `Note: ${note}`),
    "",
    ...fixLines(build),
  ].join("\n");
}

/** A build of which nothing can be said. */
export function unknownBuild(resource: string, reason: string): string {
  return [
    `The base image of ${quoted(resource)} is not known: ${reason}.`,
    "What its layers will be like could not be predicted.",
  ].join("\n");
}

/** A build that is well, though not as its author wrote it. */
export function droppedSettings(resource: string, path: string, dropped: readonly string[]): string {
  return [
    `${quoted(resource)}: ${path} asks for ${dropped.join(" and ")}, which BuildKit will never hear of:`,
    "pulumi-docker-build drops both where compressionLevel is 0, its default.",
  ].join("\n");
}

function headline(verdict: FaultyBuild["verdict"]): string[] {
  if ("buildError" in verdict) return ["This build will fail: BuildKit refuses its settings."];
  return [
    verdict.mixed
      ? "This build will push an image that mixes gzip and zstd layers."
      : "This build will push an image that containerd 1.x does not pull.",
  ];
}

const maximumNames = 10;

function pushedNames(images: readonly string[]): Fact[] {
  const shown = images.slice(0, maximumNames).map((image) => printableName(image));
  if (images.length > shown.length) shown.push(`and ${count(images.length - shown.length, "other")}`);
  return shown.map((name, at) => [at === 0 ? "pushes" : "", name]);
}

function baseWords(base: FaultyBuild["base"]): string {
  if ("unknown" in base) return `not known: ${base.unknown}`;
  return base.name === "scratch" ? "scratch" : `${printableName(base.name)} (${base.platform})`;
}

function stepWords(steps: readonly LayerStep[]): string {
  const shown = steps.slice(0, 6).map(({ keyword, line }) => `${keyword} in line ${line}`);
  const rest = steps.length > shown.length ? [`${steps.length - shown.length} more`] : [];
  return `${count(steps.length, "layer")}: ${[...shown, ...rest].join(", ")}`.replace(/: $/, "");
}

function droppedWords(dropped: readonly string[]): Fact[] {
  if (dropped.length === 0) return [];
  const words = `${dropped.join(" and ")}: pulumi-docker-build drops both where compressionLevel is 0, its default`;
  return [["dropped", words]];
}

function sentWords(
  { compression, forceCompression, ociMediaTypes }: BuildSettings,
  dropped: readonly string[],
) {
  const types =
    ociMediaTypes === undefined
      ? "no media types (docker's before BuildKit 0.31)"
      : `${ociMediaTypes ? "OCI" : "docker"} media types`;
  const layers = compression ?? (dropped.length > 0 ? "BuildKit's own gzip" : "gzip, BuildKit's default");
  const base = forceCompression ? "base layers recompressed" : "base layers kept as they are";
  return `${types}; ${layers} for new layers; ${base}`;
}

function madeLines({ layers }: Exclude<FaultyBuild["verdict"], { buildError: string }>): string[] {
  return layerLines(layers.map((mediaType) => ({ mediaType })));
}

function consequence({ verdict, base }: FaultyBuild): string[] {
  if ("buildError" in verdict) return [`error: ${printable(verdict.buildError)}`];
  if ("unknown" in base)
    return ["Whatever the base is: containerd 1.x, as on Fargate, takes no zstd layer of docker's type."];
  if (verdict.pullError !== undefined)
    return [
      "Predicted for containerd 1.x, as on Fargate. ECS would stop the task with",
      `CannotPullContainerError: ${verdict.pullError}`,
    ];
  return [
    "containerd 1.5 and later pull this mix by its OCI media types; dockerd 20.10 and",
    "containerd 1.4 do not.",
  ];
}

function version({ buildkitVersion }: FaultyBuild): string[] {
  return buildkitVersion === undefined
    ? ["BuildKit's version is not known: this is the worst that any version makes."]
    : [`Predicted for BuildKit ${printable(buildkitVersion, 40)}.`];
}

function fixLines({ fix, path }: FaultyBuild): string[] {
  if (fix === undefined)
    return [
      "Fix: this resource has no settings for it. Build on a base image of gzip layers, or",
      "with docker-build's Image, which can be told to make all layers alike.",
    ];
  const place = path === "push" ? "leave push out, and give in exports" : `write as ${path}`;
  return [`Fix: ${place}`, `  { ${fix.source} }`];
}
