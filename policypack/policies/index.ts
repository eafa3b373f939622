import { buildCompression } from "./build-compression";
import type { ImagePolicy } from "./image-policy";
import { mixedLayerCompression, name as carrier } from "./mixed-layer-compression";
import { Session } from "./session";
import { unverifiedImage } from "./unverified-image";

/** The policies of the pack, in the order in which the engine runs them: the first carries the shared settings. */
export function ecsImagePolicies(): ImagePolicy[] {
  const session = new Session(carrier);
  return [mixedLayerCompression(session), unverifiedImage(session), buildCompression(session)];
}
