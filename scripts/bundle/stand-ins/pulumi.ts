/**
 * What `@pulumi/policy` uses of `@pulumi/pulumi` (`deserialize.ts`). The SDK's own index loads TypeScript, a package installer, the
 * Automation API and dynamic providers with it, for programs; a pack has none.
 */
export * as asset from "@pulumi/pulumi/asset";

/** Only what a policy changes is looked through for outputs, and our policies change nothing. The SDK's class loads what runs programs. */
export const Output = { isInstance: () => false };
