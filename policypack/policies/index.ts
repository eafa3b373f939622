import type { ImagePolicy } from "./image-policy";
import { mixedLayerCompression, name as carrier } from "./mixed-layer-compression";
import { atLevels, type PolicyOptions, settingsOf } from "./options";
import { Session } from "./session";
import { name as unverified, unverifiedImage } from "./unverified-image";

export type { ImagePolicy } from "./image-policy";
export { type PolicyLevel, type PolicyOptions, PolicyOptionsError } from "./options";

export type PolicyName = typeof carrier | typeof unverified;

/**
 * The policies of the pack, in the order in which the engine runs them: the first carries the shared settings.
 *
 * @param options settings and levels for a pack of one's own; the pack's configuration comes on top
 * @throws PolicyOptionsError
 */
export function ecsImagePolicies(options: PolicyOptions<PolicyName> = {}): ImagePolicy[] {
  const session = new Session(carrier, settingsOf(options));
  return atLevels([mixedLayerCompression(session), unverifiedImage(session)], options);
}
