import { PolicyPack } from "@pulumi/policy";
import { ecsImagePolicies } from "./policies";

// The only file with a side effect: it serves the pack to the engine, whose first line of output must be the port.
new PolicyPack("ecs-image-guard", { policies: ecsImagePolicies() });
