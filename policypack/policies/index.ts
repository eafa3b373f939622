import { definitions } from "./definitions";
import { unreadablePlaces } from "./findings";
import { type ImagePolicy, imagePolicy } from "./image-policy";
import { mixedLayerCompression } from "./mixed-layer-compression";
import { Session } from "./session";
import { unverifiedImage } from "./unverified-image";

/** The policies of the pack, in the order in which the engine runs them: the first carries the shared settings. */
export function ecsImagePolicies(): ImagePolicy[] {
  const session = new Session(mixedLayerCompression.name);
  return definitions.map((definition) =>
    imagePolicy(session, definition, definition === unverifiedImage ? unreadablePlaces : undefined),
  );
}
