import type { PolicyDefinition, ProgramPolicyDefinition } from "./definition";
import { executionRole } from "./execution-role";
import { imageName } from "./image-name";
import { imageSize } from "./image-size";
import { missingImage } from "./missing-image";
import { mixedLayerCompression } from "./mixed-layer-compression";
import { platformMismatch } from "./platform-mismatch";
import { registryLogin } from "./registry-login";
import { taskNetwork } from "./task-network";
import { unpullableLayers } from "./unpullable-layers";
import { unverifiedImage } from "./unverified-image";

/** The policies over images, in the order in which the engine runs them. */
export const definitions: readonly PolicyDefinition[] = [
  mixedLayerCompression,
  unpullableLayers,
  platformMismatch,
  imageName,
  registryLogin,
  imageSize,
  missingImage,
  unverifiedImage,
];

/** The policies over whole programs, which the engine runs after them. */
export const programDefinitions: readonly ProgramPolicyDefinition[] = [executionRole, taskNetwork];
