import { ecsImagePolicies as policies, type ImagePolicy, type PolicyOptions } from "../index";
import { requireAllParts } from "./parts";

export * from "../index";

/** As in `index.ts`; a damaged installation makes no policies. */
export function ecsImagePolicies(options?: PolicyOptions): ImagePolicy[] {
  requireAllParts(__dirname);
  return policies(options);
}
