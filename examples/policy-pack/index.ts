import { PolicyPack } from "@pulumi/policy";
import { ecsImagePolicies } from "pulumi-ecs-image-guard";

new PolicyPack("our-policies", {
  policies: [
    {
      name: "task-definitions-have-a-family",
      description: "A task definition is named by its family, so that its revisions stay together.",
      enforcementLevel: "advisory",
      validateResource: ({ type, props }, reportViolation) => {
        if (type === "aws:ecs/taskDefinition:TaskDefinition" && !("family" in props))
          reportViolation("Give this task definition a family.");
      },
    },
    // What the engine gives as configuration comes on top of these.
    ...ecsImagePolicies({
      settings: {
        exclude: [{ image: "public.ecr.aws/vendor/**", reason: "pulled by EC2 hosts only, TEAM-123" }],
        timeBudgetSeconds: 30,
      },
      // Fail closed: what could not be checked is not deployed.
      enforcementLevels: { "unverified-image": "mandatory" },
    }),
  ],
});
