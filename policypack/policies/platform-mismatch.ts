import { platformOf } from "../oci/image-config";
import { imagesFor, type InspectedImage, predictionsFor } from "../inspection/inspected-image";
import { choosePlatform, formatPlatform, type Platform } from "../oci/platform";
import {
  builtFor,
  type ImageUser,
  noManifestFor,
  noManifestOn,
  platformCause,
  type PlatformProblem,
  wrongPlatform,
} from "../report";
import { deploymentRisks, type ImageFinding, type PolicyDefinition } from "./definition";

/** Blocks images that have nothing for the platform that their task runs on. */
export const platformMismatch: PolicyDefinition = {
  name: "platform-mismatch",
  displayName: "Every image is built for the platform of its task",
  description: "A container image must be built for the platform that its task runs on.",
  enforcementLevel: "mandatory",
  severity: "high",
  framework: deploymentRisks,
  tags: ["ecs", "fargate", "container-images"],
  remediationSteps: "Build the image for the task's platform too, or correct the task's runtimePlatform.",
  judge: ({ image, platform, users, inspection, runtimes, toCome }) => {
    if (toCome) return undefined;
    if (!inspection.ok) {
      return inspection.failure.proves === "wrong-platform"
        ? findingOf(image, platform, users, noManifestFor(inspection.failure, platform))
        : undefined;
    }
    const refused = predictionsFor(inspection, runtimes).filter(
      (prediction) =>
        !prediction.pulls && (prediction.reason === "no-match" || prediction.reason === "platform"),
    );
    const problem =
      imagesFor(inspection.value, runtimes).flatMap((taken) => builtForAnother(taken) ?? [])[0] ??
      (runtimes.length > 0 && refused.length > 0 ? noManifestOn(refused, platform) : undefined);
    return problem === undefined ? undefined : findingOf(image, platform, users, problem);
  },
};

function findingOf(
  image: string,
  platform: Platform,
  users: readonly ImageUser[],
  problem: PlatformProblem,
): ImageFinding {
  return {
    message: wrongPlatform(image, platform, users, problem),
    cause: {
      ...platformCause(platform, problem.problem),
      summary: `Not built for ${formatPlatform(platform)}`,
    },
  };
}

/** What is wrong with the platform in the image's config, if it was read. */
function builtForAnother(inspected: InspectedImage): PlatformProblem | undefined {
  const { config, platform } = inspected;
  if (config === null || config.architecture === "") return undefined;
  const actual = platformOf(config);
  // A variant often promises speed and is rarely needed, so it decides between manifests only. The exception is 32-bit ARM: no
  // variant means v7 there, and an older one runs on hosts without v7.
  const { variant, ...family } = actual;
  const runs = [family, actual].some((built) => choosePlatform([{ platform: built }], platform));
  return runs ? undefined : builtFor(variant === undefined ? family : actual, inspected);
}
