import type { PolicyDefinition } from "./definition";
import { missingImage } from "./missing-image";
import { mixedLayerCompression } from "./mixed-layer-compression";
import { platformMismatch } from "./platform-mismatch";
import { unpullableLayers } from "./unpullable-layers";
import { unverifiedImage } from "./unverified-image";

/** The policies over images, in the order in which the engine runs them. */
export const definitions: readonly PolicyDefinition[] = [
  mixedLayerCompression,
  unpullableLayers,
  platformMismatch,
  missingImage,
  unverifiedImage,
];
