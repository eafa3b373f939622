import { buildCompression } from "./build-policy";
import type { ImagePolicy } from "./policy-adapter";
import { definitions } from "../policies";
import { unreadablePlaces } from "./findings";
import { imagePolicy } from "./image-policy";
import { mixedLayerCompression } from "../policies/mixed-layer-compression";
import { atLevels, type PolicyOptions, settingsOf } from "./options";
import { Session } from "./session";
import { unverifiedImage } from "../policies/unverified-image";

export type { ImagePolicy } from "./policy-adapter";
export { type PolicyLevel, type PolicyOptions, PolicyOptionsError } from "./options";

/**
 * The policies of the pack, in the order in which the engine runs them: the first carries the shared settings.
 *
 * @param options settings and levels for a pack of one's own; the pack's configuration comes on top
 * @throws PolicyOptionsError
 */
export function ecsImagePolicies(options: PolicyOptions = {}): ImagePolicy[] {
  const session = new Session(mixedLayerCompression.name, settingsOf(options));
  const policies = definitions.map((definition) =>
    imagePolicy(session, definition, definition === unverifiedImage ? unreadablePlaces : undefined),
  );
  return atLevels([...policies, buildCompression(session)], options);
}
