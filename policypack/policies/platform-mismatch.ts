import { platformOf } from "../oci/image-config";
import { choosePlatform } from "../oci/platform";
import { builtFor, noManifestFor, wrongPlatform } from "../report";
import { deploymentRisks, type PolicyDefinition } from "./definition";

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
  judge: ({ image, platform, users, inspection, toCome }) => {
    if (toCome) return undefined;
    if (!inspection.ok) {
      return inspection.failure.proves === "wrong-platform"
        ? { message: wrongPlatform(image, platform, users, noManifestFor(inspection.failure)) }
        : undefined;
    }
    const { config } = inspection.value;
    if (config === null || config.architecture === undefined) return undefined;
    const actual = platformOf(config);
    // A variant is a promise of speed more often than a need, so it decides between manifests only, and condemns none:
    // but for 32-bit ARM, where none means v7, and an older one runs where v7 does not.
    const { variant, ...family } = actual;
    const runs = [family, actual].some((built) => choosePlatform([{ platform: built }], platform));
    return !runs
      ? {
          message: wrongPlatform(
            image,
            platform,
            users,
            builtFor(variant === undefined ? family : actual, inspection.value),
          ),
        }
      : undefined;
  },
};
