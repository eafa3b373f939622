import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AnalyzerInfo } from "@pulumi/pulumi/proto/analyzer_pb";
import { ecsImagePolicies, type ImagePolicy } from "../../policypack";
import { checkout } from "./places";

/** The SDK's own (`protoutil.ts`), which its types leave out. */
interface SdkInternals {
  readonly makeAnalyzerInfo: (
    name: string,
    version: string,
    level: undefined,
    pack: { readonly readme: string; readonly policies: readonly ImagePolicy[] },
  ) => AnalyzerInfo;
}

/**
 * The pack's README and policies as the SDK writes them for the engine: a serialised `AnalyzerInfo` (`analyzer.proto`). The rest of that message
 * is short, and `pack.ts` adds it.
 */
export async function analyzerInfo(): Promise<Uint8Array> {
  const sdk = (await import("@pulumi/policy/protoutil")) as unknown as SdkInternals;
  const readme = readFileSync(join(checkout, "README.md"), "utf8");
  return sdk.makeAnalyzerInfo("", "", undefined, { readme, policies: ecsImagePolicies() }).serializeBinary();
}
