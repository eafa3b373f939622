import { IdentityError } from "../ecr/failures";
import type { AwsIdentity, CredentialProvider } from "../ecr/identity";

/**
 * Before the SDK is loaded: its word on Node 20 is for those who choose the Node version, not for the reader of a
 * preview. This variable silences it and nothing else (@aws-sdk/core, submodules/client, emitWarningIfUnsupportedVersion).
 */
export function quietSdk(): void {
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
}

/** An identity's credentials as the SDK takes them, loaded with the first request; rejects with an IdentityError. */
export function credentialsOf(identity: AwsIdentity): CredentialProvider {
  let provider: Promise<CredentialProvider> | undefined;
  return async (properties) => {
    try {
      return await (
        await (provider ??= identity.credentials())
      )(properties);
    } catch (error) {
      throw new IdentityError(identity.describe, error);
    }
  };
}
