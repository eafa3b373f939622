import type { BuildVerdict, SafeSettings } from "../builds/judge-build";
import { printableName } from "../oci/reference";
import type { BuildSettings } from "../builds/predict-build";
import type { LayerStep } from "../builds/dockerfile/build-plan";
import { count, printable } from "../common/text";
import { layerFacts } from "./layers";
import { type Fact, facts, quoted, wrapped } from "./layout";

/** What a build starts from, as far as it is known. */
export interface ReportedBase {
  /** Such as `nginx:1.27`, or `scratch`. */
  readonly name: string;
  readonly platform: string;
  /** Media types, bottom first. */
  readonly layers: readonly string[];
}

/** One faulty push of a build, as it is reported. */
export interface FaultyBuild {
  readonly resource: string;
  /** The place of the push in the resource, such as `exports[0]`. */
  readonly path: string;
  readonly images: readonly string[];
  /** Why the base image is unknown, if it is. */
  readonly base: ReportedBase | { readonly unknown: string };
  /** Absent if the Dockerfile is not known. */
  readonly steps?: readonly LayerStep[];
  readonly settings: BuildSettings;
  readonly dropped: readonly string[];
  readonly verdict: Extract<BuildVerdict, { fine: false }>;
  readonly buildkitVersion?: string;
  /** Absent if the resource has no settings that could be changed. */
  readonly fix?: { readonly source: string; readonly settings: SafeSettings };
  readonly notes: readonly string[];
}

/** The block that is shown at the resource. At most 80 columns, save for names and code. */
export function faultyBuild(build: FaultyBuild): string {
  const { verdict, notes } = build;
  return [
    ...headline(build),
    "",
    ...facts([
      ["build", `${quoted(build.resource)}: ${build.path}`],
      ...pushedNames(build.images),
      ["base", baseWords(build.base)],
      ...(build.steps === undefined ? [] : [["adds", stepWords(build.steps)] satisfies Fact]),
      ...droppedWords(build.dropped),
      ["sent", sentWords(build.settings, build.dropped)],
      ...("buildError" in verdict || "unknown" in build.base ? [] : madeLayers(verdict)),
    ]),
    ...version(build),
    ...notes.flatMap((note) => wrapped(`Note: ${note}`)),
    "",
    ...fixLines(build),
  ].join("\n");
}

/** A build that cannot be predicted. */
export function unknownBuild(resource: string, reason: string): string {
  return [
    `The base image of ${quoted(resource)} is not known: ${reason}.`,
    "The layers that this build will push could not be predicted.",
  ].join("\n");
}

/** A build whose image ECS can pull, though BuildKit does not get all of its settings. */
export function droppedSettings(resource: string, path: string, dropped: readonly string[]): string {
  return [
    `${quoted(resource)}: ${path} sets ${dropped.join(" and ")},`,
    "which pulumi-docker-build does not pass to BuildKit if compressionLevel is 0,",
    "its default.",
  ].join("\n");
}

function headline({ verdict, base }: FaultyBuild): string[] {
  if ("buildError" in verdict)
    return [
      "This build will fail: BuildKit refuses its settings.",
      `  error: ${printable(verdict.buildError)}`,
    ];
  const [problem, always] = verdict.mixed
    ? [
        "This build will push an image that mixes gzip and zstd layers.",
        "Only some container runtimes can pull it.",
      ]
    : ["This build will push an image that containerd 1.x cannot pull.", ""];
  if ("unknown" in base)
    return [
      problem,
      "Whatever the base image is, containerd 1.x takes no zstd layers",
      "of Docker's media type.",
    ];
  if (verdict.pullError === undefined) return wrapped(`${problem} ${always}`.trim());
  const error = wrapped(`CannotPullContainerError: ${verdict.pullError}`, 78);
  return [...wrapped(`${problem} ECS may stop its tasks with`), ...error.map((line) => `  ${line}`)];
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
  const words = `${dropped.join(" and ")}: pulumi-docker-build drops both if compressionLevel is 0, its default`;
  return [["dropped", words]];
}

function sentWords(
  { compression, forceCompression, ociMediaTypes }: BuildSettings,
  dropped: readonly string[],
) {
  const types =
    ociMediaTypes === undefined
      ? "no media types (Docker's before BuildKit 0.31)"
      : `${ociMediaTypes ? "OCI" : "Docker"} media types`;
  const layers = compression ?? (dropped.length > 0 ? "BuildKit's own gzip" : "gzip, BuildKit's default");
  const base = forceCompression ? "base layers recompressed" : "base layers kept as they are";
  return `${types}; ${layers} for new layers; ${base}`;
}

function madeLayers({ layers }: Exclude<FaultyBuild["verdict"], { buildError: string }>): Fact[] {
  return layerFacts(layers.map((mediaType) => ({ mediaType })));
}

function version({ buildkitVersion }: FaultyBuild): string[] {
  return buildkitVersion === undefined
    ? ["BuildKit's version is not known, so this is the worst result of any version."]
    : [`Predicted for BuildKit ${printable(buildkitVersion, 40)}.`];
}

function fixLines({ fix, path }: FaultyBuild): string[] {
  if (fix === undefined)
    return [
      "Fix: this resource has no settings for compression. Use a base image with gzip",
      "layers, or docker-build's Image, which can give all layers one compression.",
    ];
  const place = path === "push" ? "remove push, and set in exports" : `set ${path} to`;
  return [`Fix: ${place}`, `  { ${fix.source} }`];
}
