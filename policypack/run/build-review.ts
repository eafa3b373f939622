import type { ResourceValidationArgs } from "@pulumi/policy";
import { pushedImages } from "../builds/pushed-images";
import { planBuild } from "../builds/dockerfile/build-plan";
import { type ImageBuild, imageBuildOf } from "../builds/image-build";
import { type BuildGround, type BuildVerdict, judgeBuild } from "../builds/judge-build";
import type { BuildSettings } from "../builds/predict-build";
import { today } from "../common/dates";
import { type Exemption, findExemption } from "../exemptions/exemptions";
import { InvalidPlatformError, parsePlatform, type Platform } from "../oci/platform";
import { referenceIn, printableName } from "../oci/reference";
import { printable } from "../common/text";
import type { FaultyBuild, ReportedBase } from "../report";
import type { Settings } from "../settings";
import { dockerfileText } from "./program-files";
import { runFolder } from "./pulumi-run";
import type { Session } from "./session";

/** A build, its base images and what comes of each push. */
export interface ReviewedBuild {
  readonly build: ImageBuild;
  readonly images: readonly string[];
  readonly bases: readonly FoundBase[];
  readonly faults: readonly PushFault[];
  /** Why something is not known, each once. */
  readonly unknowns: readonly string[];
}

/** The base image for one of the platforms that are built. */
export interface FoundBase {
  readonly platform: string;
  readonly base: ReportedBase | { readonly unknown: string };
  readonly steps?: FaultyBuild["steps"] & object;
  readonly ground: BuildGround;
}

export interface PushFault {
  readonly path: string;
  readonly settings: BuildSettings;
  readonly dropped: readonly string[];
  readonly at: FoundBase;
  readonly verdict: Extract<BuildVerdict, { fine: false }>;
}

/** The builder's own platform, if the resource names none: it is not known. */
const usualPlatform = "linux/amd64";

/** Reads the Dockerfile of a build, looks its base images up, and predicts what is pushed. Never rejects. */
export async function reviewBuild(
  resource: Pick<ResourceValidationArgs, "type" | "name" | "urn" | "props">,
  session: Session,
  settings: Settings,
): Promise<ReviewedBuild | undefined> {
  const build = imageBuildOf(resource.type, resource.props);
  if (build === undefined || build.pushes.length === 0) return undefined;
  const source = await dockerfileText(build.dockerfile, runFolder);
  const platforms = build.platforms.length === 0 ? [usualPlatform] : build.platforms;
  const bases = await Promise.all(
    platforms.map(async (platform): Promise<FoundBase> => {
      const plan =
        "unreadable" in source
          ? { known: false as const, reason: source.unreadable }
          : planBuild(source.text, { ...build, platform });
      const versioned = settings.buildkitVersion === "" ? {} : { buildkitVersion: settings.buildkitVersion };
      // One new layer is what all Dockerfiles have, or nearly all.
      const blind = { baseLayers: [], newLayers: plan.known ? plan.steps.length : 1, ...versioned };
      const steps = plan.known ? { steps: plan.steps } : {};
      const base = plan.known ? await findBase(plan.base, platform) : { unknown: plan.reason };
      const ground = "unknown" in base ? blind : { ...blind, baseLayers: base.layers };
      return { platform, base, ...steps, ground };
    }),
  );
  const { images } = pushedImages(resource.type, resource.props);
  return { build, images, bases, faults: faultsOf(build, bases), unknowns: unknownsOf(build, bases) };

  async function findBase(
    base: { kind: "scratch" } | { kind: "image"; image: string; platform?: string },
    usual: string,
  ): Promise<FoundBase["base"]> {
    if (base.kind === "scratch") return { name: "scratch", platform: usual, layers: [] };
    const { image, platform = usual } = base;
    const exemption = exemptionOf(image, resource, settings);
    if (exemption?.state === "in-force")
      return { unknown: `${printableName(image)} is excluded: ${printable(exemption.exclusion.reason)}` };
    const wanted = platformIn(platform);
    if (wanted === undefined) return { unknown: `${printable(platform, 60)} is not a valid platform` };
    const found = await session.inspectorFor(settings).inspect(image, wanted);
    if (!found.ok)
      return { unknown: `${printableName(image)}: ${found.failure.kind}: ${found.failure.message}` };
    return { name: image, platform, layers: found.value.layers.map(({ mediaType }) => mediaType) };
  }
}

/** The exemption of a build: of the resource or stack, or of every image that it pushes. */
export function exemptionOfBuild(
  resource: Pick<ResourceValidationArgs, "type" | "name" | "urn" | "props">,
  settings: Settings,
): Exemption | undefined {
  const whole = exemptionOf(undefined, resource, settings);
  const { images, unknown } = pushedImages(resource.type, resource.props);
  if (whole?.state === "in-force" || unknown || images.length === 0) return whole;
  const each = images.map((image) => exemptionOf(image, resource, settings));
  return each.every((exemption) => exemption?.state === "in-force")
    ? each[0]
    : [whole, ...each].find((exemption) => exemption?.state === "ended");
}

function exemptionOf(
  image: string | undefined,
  resource: Pick<ResourceValidationArgs, "name" | "urn">,
  { exclude }: Settings,
): Exemption | undefined {
  const reference = image === undefined ? undefined : referenceIn(image);
  return findExemption(exclude, { image, reference, resource }, today());
}

/** For each push, the first platform for which it is faulty. */
function faultsOf(build: ImageBuild, bases: readonly FoundBase[]): PushFault[] {
  return build.pushes.flatMap((push): PushFault[] => {
    if (!("settings" in push)) return [];
    for (const at of bases) {
      const verdict = judgeBuild(push.settings, at.ground);
      if (!verdict.fine)
        return [{ path: push.path, settings: push.settings, dropped: push.dropped, at, verdict }];
    }
    return [];
  });
}

function unknownsOf(build: ImageBuild, bases: readonly FoundBase[]): string[] {
  const reasons = [
    ...bases.flatMap(({ base }) => ("unknown" in base ? [base.unknown] : [])),
    ...build.pushes.flatMap((push) => ("unreadable" in push ? [`in ${push.path}, ${push.unreadable}`] : [])),
  ];
  return [...new Set(reasons)];
}

function platformIn(text: string): Platform | undefined {
  try {
    return parsePlatform(text);
  } catch (error) {
    if (error instanceof InvalidPlatformError) return undefined;
    throw error;
  }
}
