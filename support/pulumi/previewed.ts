import assert from "node:assert/strict";
import * as sdk from "@pulumi/policy/proxy";

/** The sentinels that the engine sends for unknown values (`@pulumi/policy/proxy`). */
export const UNKNOWN = {
  boolean: "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  number: "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  string: "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  array: "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  object: "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
} as const;

/** Properties as the SDK hands them to a policy in a preview: reading an unknown one throws. */
export function previewed(props: Record<string, unknown>): unknown {
  // The SDK strips its internal functions from its types.
  const unknownCheckingProxy: unknown = Reflect.get(sdk, "unknownCheckingProxy");
  assert.ok(typeof unknownCheckingProxy === "function");
  return Reflect.apply(unknownCheckingProxy, undefined, [props]);
}
