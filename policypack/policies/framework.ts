import type { PolicyComplianceFramework } from "@pulumi/policy";

/**
 * The question of the AWS Well-Architected Framework that the policies help to answer: a deployment whose images ECS
 * cannot pull is one of its risks (https://docs.aws.amazon.com/wellarchitected/2024-06-27/framework/ops-06.html).
 */
export const deploymentRisks: PolicyComplianceFramework = {
  name: "AWS Well-Architected Framework",
  version: "2024-06-27",
  reference: "OPS 6",
  specification: "How do you mitigate deployment risks?",
};
