import { isRecord, member, type Reading } from "../common/values";
import { managedPolicy, role as roleKind } from "./kinds";
import { type AllowStatement, allowStatements } from "./policy-document";
import { elementsOf, inputOf, type Program, type Resource } from "./program";

const attachment = { types: ["aws:iam/rolePolicyAttachment:RolePolicyAttachment"] };
const rolePolicies = [
  { kind: { types: ["aws:iam/rolePolicy:RolePolicy"] }, key: "role" },
  { kind: { types: ["aws-native:iam:RolePolicy"] }, key: "roleName" },
];
const attachingPolicy = { types: ["aws-native:iam:ManagedPolicy", "aws-native:iam:Policy"] };

/** They attach or detach policies of roles that they name in ways which are not worth following. */
const opaqueTypes = /^aws:iam\/(?:policyAttachment:|rolePolic\w*Exclusive:)/;

/** What can change a resource of AWS by commands or documents that are not worth following. */
const opaqueChanges =
  /^(?:command|pulumi-nodejs|pulumi-python|null|terraform):|^aws(?:-native)?:(?:cloudcontrol|cloudformation|ssm|lambda\/invocation)[:/]|^aws-native:index:/;

/**
 * All that the program allows a role to do. Undefined if that is unknown: a policy is unknown or comes from elsewhere, or something else
 * may attach one.
 */
export function permissionsOf(program: Program, role: Resource): readonly AllowStatement[] | undefined {
  if (program.matching(opaqueTypes).length > 0 || isTouched(program, role)) return undefined;
  return all([
    ...ownPolicies(program, role),
    ...program
      .related(attachment, "role", role, roleKind)
      .map(({ resource, relation }) => related(relation, () => attached(program, resource))),
    ...rolePolicies
      .flatMap(({ kind, key }) => program.related(kind, key, role, roleKind))
      .map(({ resource, relation }) => related(relation, () => documentOf(resource))),
    ...program
      .ofKind(attachingPolicy)
      .map((one) => related(program.listRelation(one, "roles", role, roleKind), () => documentOf(one))),
  ]);
}

/** Whether commands, or documents such as templates of CloudFormation, may change the resource: they depend on it. */
export function isTouched(program: Program, { urn }: Resource): boolean {
  return program
    .matching(opaqueChanges)
    .some(({ dependencies }) => !program.tellsDependencies || dependencies.some((one) => one.urn === urn));
}

type Statements = readonly AllowStatement[] | undefined;

function all(parts: readonly Statements[]): Statements {
  return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
}

function related(relation: "is" | "maybe" | "not", statements: () => Statements): Statements {
  return relation === "not" ? [] : relation === "is" ? statements() : undefined;
}

/** Policies that stand in the role itself, and those that AWS has attached as far as the state knows. */
function* ownPolicies(program: Program, role: Resource): Generator<Statements> {
  const arns = inputOf(role, "managedPolicyArns");
  yield eachOf(arns, (one) => byArn(program, one));
  // An unknown ARN is that of a policy of the program that the property depends on.
  if (arns.state === "known" && Array.isArray(arns.value)) {
    const unknown = elementsOf(arns.value).filter(({ state }) => state === "unknown");
    if (unknown.length > 0)
      yield all(
        program.links(role, "managedPolicyArns", unknown, managedPolicy)?.map(documentOf) ?? [undefined],
      );
  }
  yield eachOf(member(role.outputs, "managedPolicyArns"), (one) => byArn(program, one), []);
  for (const [holder, unknown] of [
    [inputOf(role, "inlinePolicies"), undefined],
    [inputOf(role, "policies"), undefined],
    [member(role.outputs, "inlinePolicies"), []],
  ] as const)
    yield eachOf(holder, inlineDocument, unknown);
}

function eachOf(list: Reading, read: (one: Reading) => Statements, unknown?: Statements): Statements {
  if (list.state === "absent") return [];
  if (list.state === "unknown" || !Array.isArray(list.value)) return unknown;
  return all(elementsOf(list.value).map(read));
}

function inlineDocument(one: Reading): Statements {
  if (one.state !== "known" || !isRecord(one.value)) return undefined;
  const document = [member(one.value, "policy"), member(one.value, "policyDocument")];
  const given = document.find(({ state }) => state !== "absent");
  // The classic provider takes an empty block for "no inline policies".
  return given === undefined ? [] : allowStatements(given);
}

function attached(program: Program, attachment: Resource): Statements {
  const arn = inputOf(attachment, "policyArn");
  if (arn.state === "known") return byArn(program, arn);
  const link = program.link(attachment, "policyArn", managedPolicy);
  return link.state === "found" ? documentOf(link.resource) : undefined;
}

function documentOf(policy: Resource): Statements {
  const key = policy.type.startsWith("aws-native:") ? "policyDocument" : "policy";
  return allowStatements(inputOf(policy, key));
}

function byArn(program: Program, arn: Reading): Statements {
  if (arn.state === "unknown") return [];
  if (arn.state !== "known" || typeof arn.value !== "string") return undefined;
  const [, name] = /^arn:aws[a-z-]*:iam::aws:policy\/(.+)$/.exec(arn.value) ?? [];
  if (name !== undefined) return otherPolicies.has(name) ? [] : pullingPolicies.get(name);
  const own = program.ofKind(managedPolicy).find(({ outputs }) =>
    managedPolicy.ids.some((id) => {
      const reading = member(outputs, id);
      return reading.state === "known" && reading.value === arn.value;
    }),
  );
  return own === undefined ? undefined : documentOf(own);
}

function everywhere(...actions: readonly string[]): readonly AllowStatement[] {
  return [{ actions, resources: ["*"], principals: [], isConditional: false }];
}

const mayPull = everywhere("ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer");
const mayDoAll = everywhere("ecr:*");

/** AWS-managed policies that let a role pull from ECR, and what they allow there (AWS Managed Policy Reference Guide). */
const pullingPolicies: ReadonlyMap<string, readonly AllowStatement[]> = new Map([
  ["service-role/AmazonECSTaskExecutionRolePolicy", mayPull],
  ["service-role/AmazonEC2ContainerServiceforEC2Role", mayPull],
  ["service-role/AWSAppRunnerServicePolicyForECRAccess", mayPull],
  ["AmazonEC2ContainerRegistryReadOnly", mayPull],
  ["AmazonEC2ContainerRegistryPowerUser", mayPull],
  ["AmazonEC2ContainerRegistryPullOnly", [...mayPull, ...everywhere("ecr:BatchImportUpstreamImage")]],
  ["AmazonEC2ContainerRegistryFullAccess", mayDoAll],
  ["AdministratorAccess", mayDoAll],
  ["PowerUserAccess", mayDoAll],
  ["ReadOnlyAccess", mayPull],
]);

/** AWS-managed policies without any permission in ECR (the same). One that is on neither list may have one. */
const otherPolicies: ReadonlySet<string> = new Set([
  "AmazonBedrockFullAccess",
  "AmazonCognitoPowerUser",
  "AmazonDynamoDBFullAccess",
  "AmazonDynamoDBReadOnlyAccess",
  "service-role/AmazonEC2ContainerServiceEventsRole",
  "service-role/AmazonEC2ContainerServiceRole",
  "AmazonEC2FullAccess",
  "AmazonEC2ReadOnlyAccess",
  "AmazonECS_FullAccess",
  "service-role/AmazonECSInfrastructureRolePolicyForVolumes",
  "AmazonElastiCacheFullAccess",
  "AmazonElasticContainerRegistryPublicFullAccess",
  "AmazonElasticContainerRegistryPublicReadOnly",
  "AmazonElasticFileSystemClientReadWriteAccess",
  "AmazonElasticFileSystemFullAccess",
  "AmazonElasticFileSystemReadOnlyAccess",
  "AmazonEventBridgeFullAccess",
  "AmazonKinesisFirehoseFullAccess",
  "AmazonKinesisFullAccess",
  "AmazonMSKFullAccess",
  "AmazonOpenSearchServiceFullAccess",
  "AmazonPrometheusRemoteWriteAccess",
  "AmazonRDSFullAccess",
  "AmazonRDSReadOnlyAccess",
  "AmazonS3FullAccess",
  "AmazonS3ReadOnlyAccess",
  "AmazonSESFullAccess",
  "AmazonSNSFullAccess",
  "AmazonSQSFullAccess",
  "AmazonSSMFullAccess",
  "AmazonSSMManagedInstanceCore",
  "AmazonSSMReadOnlyAccess",
  "AmazonVPCFullAccess",
  "AWSAppMeshEnvoyAccess",
  "AWSBatchFullAccess",
  "service-role/AWSBatchServiceRole",
  "AWSCloudMapFullAccess",
  "AWSCodeDeployRoleForECS",
  "AWSKeyManagementServicePowerUser",
  "AWSLambda_FullAccess",
  "service-role/AWSLambdaBasicExecutionRole",
  "service-role/AWSLambdaVPCAccessExecutionRole",
  "AWSXRayDaemonWriteAccess",
  "AWSXrayFullAccess",
  "AWSXrayWriteOnlyAccess",
  "CloudWatchAgentAdminPolicy",
  "CloudWatchAgentServerPolicy",
  "CloudWatchEventsFullAccess",
  "CloudWatchFullAccess",
  "CloudWatchFullAccessV2",
  "CloudWatchLogsFullAccess",
  "CloudWatchLogsReadOnlyAccess",
  "CloudWatchReadOnlyAccess",
  "IAMFullAccess",
  "IAMReadOnlyAccess",
  "SecretsManagerReadWrite",
]);
