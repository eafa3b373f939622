import { missingLogin } from "../report";
import { deploymentRisks, type JudgedImage, type PolicyDefinition } from "./definition";

/** Blocks images whose login secret gives ECS no login. ECS reads it first, even if the registry needs none. */
export const registryLogin: PolicyDefinition = {
  name: "registry-login",
  displayName: "Every login secret holds a login",
  description: "The secret that repositoryCredentials names must hold a user name and a password.",
  enforcementLevel: "mandatory",
  severity: "high",
  framework: deploymentRisks,
  tags: ["ecs", "fargate", "container-images", "secrets-manager"],
  remediationSteps: "Store { username, password } as JSON in the secret, or correct credentialsParameter.",
  judge: ({ users, inspection }) => {
    const { loginFault: fault } = inspection;
    if (fault?.proves !== "no-login") return undefined;
    return {
      message: missingLogin(fault, users),
      shared: { key: fault.secret, message: (all) => missingLogin(fault, all) },
    };
  },
};

/** Whether the policy reports why the image was refused. */
export function isRefusedForLogin({ inspection }: JudgedImage): boolean {
  return (
    inspection.loginFault?.proves === "no-login" && !inspection.ok && inspection.failure.kind === "denied"
  );
}
