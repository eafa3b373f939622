import { parseEcrHost, partitionOf } from "../aws/ecr-hosts";
import { matchesWildcard } from "../common/wildcard";
import { referenceIn } from "../oci/reference";
import { inputOf, type Program } from "./program";
import { type AllowStatement, coversAction, type Grant, grants } from "./policy-document";

/** What an execution role must be allowed before ECS can log in to private ECR, and pull an image there (Amazon ECR user guide). */
export const loginAction = "ecr:GetAuthorizationToken";
export const layerActions = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
/** The actions that import an image through a pull through cache. The second is needed only while the repository does not exist (same guide). */
export const importAction = "ecr:BatchImportUpstreamImage";
export const importActions = [importAction, "ecr:CreateRepository"];

/** Actions on a resource, as policies of IAM name them. */
export interface Permission {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

/** Those of the actions that the statements surely do not allow for the image. */
export function lackingActions(
  statements: readonly AllowStatement[],
  actions: readonly string[],
  image: string,
): string[] {
  const covers = repositoryOf(image);
  return actions.filter(
    (action) => grants(statements, action, action === loginAction ? everything : covers) === "no",
  );
}

/** What gives a repository of private ECR a policy of its own, and the input that names the repository. */
const repositoryPolicies: readonly (readonly [type: string, policy: string, repository: string])[] = [
  ["aws:ecr/repositoryPolicy:RepositoryPolicy", "policy", "repository"],
  ["aws-native:ecr:Repository", "repositoryPolicyText", "repositoryName"],
];

/** Whether the program gives the image's repository a policy, which may allow what the role's policies do not. */
export function hasRepositoryPolicy(program: Program, image: string): boolean {
  const repository = referenceIn(image)?.repository;
  return repositoryPolicies.some(([type, policy, key]) =>
    program.ofKind({ types: [type] }).some((one) => {
      const name = inputOf(one, key);
      return inputOf(one, policy).state !== "absent" && (name.state !== "known" || name.value === repository);
    }),
  );
}

/** What the statements say of ECR, as far as it is known. */
export function ecrPermissions(statements: readonly AllowStatement[]): Permission[] {
  return statements.flatMap(({ actions = [], resources }) => {
    const ofEcr = actions.filter((one) => /^ecr:/i.test(one) || coversAction([one], loginAction));
    return ofEcr.length === 0 || resources === undefined ? [] : [{ actions: ofEcr, resources }];
  });
}

/** The actions with the resource that each needs: logging in belongs to no repository. */
export function neededPermissions(actions: readonly string[], image: string): Permission[] {
  const others = actions.filter((action) => action !== loginAction);
  return [
    ...(actions.includes(loginAction) ? [{ actions: [loginAction], resources: ["*"] }] : []),
    ...(others.length > 0 ? [{ actions: others, resources: [arnOf(image) ?? "*"] }] : []),
  ];
}

/** `GetAuthorizationToken` belongs to no repository: only `*` covers it. Of a pattern that may stand for anything, it is not known. */
function everything(pattern: string): Grant {
  if (pattern === "*") return "yes";
  const [, service, rest = ""] = /^arn:[^:]*:([a-z0-9-]+):(.*)$/s.exec(pattern) ?? [];
  if (service === undefined) return "maybe";
  return service !== "ecr" || /^[^:]*:[^:]*:repository\//.test(rest) ? "no" : "maybe";
}

/** Whether a pattern covers the repository of an image. */
function repositoryOf(image: string): (pattern: string) => Grant {
  const arn = arnOf(image);
  if (arn === undefined) return () => "maybe";
  return (pattern) => (matchesWildcard(pattern, arn) ? "yes" : isVariable(pattern) ? "maybe" : "no");
}

/** Whether a pattern has a policy variable, such as `${aws:PrincipalAccount}`, whose value depends on the request. */
function isVariable(pattern: string): boolean {
  return pattern.includes("${");
}

/** The partition of AWS that an image in private ECR is in: `aws-cn`. */
export function partitionOfImage(image: string): string {
  const registry = referenceIn(image)?.registry;
  const host = registry === undefined ? undefined : parseEcrHost(registry);
  return host === undefined ? "aws" : partitionOf(host);
}

/** The ARN of an image's repository in private ECR. */
function arnOf(image: string): string | undefined {
  const reference = referenceIn(image);
  const host = reference === undefined ? undefined : parseEcrHost(reference.registry);
  return reference === undefined || host === undefined
    ? undefined
    : `arn:${partitionOf(host)}:ecr:${host.region}:${host.account}:repository/${reference.repository}`;
}
