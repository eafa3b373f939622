import { type Declared, ref } from "../../../support/engine/declared";
import { attach, role } from "../../../support/engine/fragments";

/** Parts of programs with execution roles. */
export const exec = role("exec");
export const good = attach("exec-policy", ref("exec", "name"));
export const arn = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
export const secret = {
  secrets: [{ name: "KEY", valueFrom: "arn:aws:ssm:eu-west-1:123456789012:parameter/key" }],
};
export const awslogs = { logConfiguration: { logDriver: "awslogs", options: {} } };
export const login = {
  repositoryCredentials: { credentialsParameter: "arn:aws:secretsmanager:eu-west-1:1:secret:x" },
};
export const without = { executionRoleArn: undefined };
export const repository = "arn:aws:ecr:eu-west-1:123456789012:repository/team/app";
export const statements = (...all: readonly object[]) => ({ Version: "2012-10-17", Statement: all });
export const opaque = (name: string, type: string, props: object = {}): Declared => ({
  name,
  type,
  props: { ...props },
});
export const cache = opaque("cache", "aws:ecr/pullThroughCacheRule:PullThroughCacheRule", {
  ecrRepositoryPrefix: "team",
  upstreamRegistryUrl: "quay.io",
});
export const imports = ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"];
