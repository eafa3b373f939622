/**
 * What `@pulumi/policy` uses of `@pulumi/pulumi` (`deserialize.ts`). The SDK's own index loads TypeScript, a package installer, the
 * Automation API and dynamic providers with it, for programs; a pack has none.
 */
export * as asset from "@pulumi/pulumi/asset";

/** The SDK looks for outputs in what a policy remediates; ours adds none. Its own class loads what runs programs. */
export const Output = { isInstance: () => false };
