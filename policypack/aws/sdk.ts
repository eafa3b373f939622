/** What we use of the AWS SDK, loaded with the first image that needs it: `import("./sdk")`. The bundle holds no more of the SDK. */
export {
  BatchGetImageCommand,
  DescribePullThroughCacheRulesCommand,
  ECRClient,
  GetDownloadUrlForLayerCommand,
} from "@aws-sdk/client-ecr";
export { DescribeTaskDefinitionCommand, ECSClient } from "@aws-sdk/client-ecs";
export { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
export {
  createCredentialChain,
  fromIni,
  fromNodeProviderChain,
  fromTemporaryCredentials,
  fromTokenFile,
  fromWebToken,
} from "@aws-sdk/credential-providers";
