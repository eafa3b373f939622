// run/ faces Pulumi: it turns the pure policies into policies that the engine can call. Read this file first, then
// `policy-adapter.ts` (how the engine calls a policy), `session.ts` (what the policies of one run share) and `review.ts` (a program's
// images, from resource to finding). `prefetch/` fetches early what a run will probably need.
import { buildCompression } from "./build-policy";
import type { ImagePolicy } from "./policy-adapter";
import { definitions, programDefinitions } from "../policies";
import { imagePolicy } from "./image-policy";
import { mixedLayerCompression } from "../policies/mixed-layer-compression";
import { atLevels, type PolicyOptions, settingsOf } from "./options";
import { programPolicy } from "./program-policy";
import { Session } from "./session";

export type { ImagePolicy } from "./policy-adapter";
export { type PolicyLevel, type PolicyOptions, PolicyOptionsError } from "./options";

/**
 * The policies of the pack, in the order in which the engine runs them: the first carries the shared settings.
 *
 * @param options settings and levels for a pack of one's own; the pack's configuration comes on top
 * @throws PolicyOptionsError
 */
export function ecsImagePolicies(options: PolicyOptions = {}): ImagePolicy[] {
  return policiesOf(new Session(mixedLayerCompression.name, settingsOf(options)), options);
}

/** The same policies of a session that is there already. */
export function policiesOf(session: Session, options: PolicyOptions = {}): ImagePolicy[] {
  const policies = definitions.map((definition) => imagePolicy(session, definition));
  const programPolicies = programDefinitions.map((definition) => programPolicy(session, definition));
  const levelled = atLevels([...policies, buildCompression(session), ...programPolicies], options);
  session.setLevels(levelled);
  return levelled;
}
