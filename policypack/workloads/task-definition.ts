import { containersFromArray, containersFromJson, type Task } from "./containers";
import type { WorkloadFamily } from "./family";
import { launchTypes } from "./launch-types";
import { runtimePlatform } from "./runtime-platform";
import { member } from "./values";

/**
 * The task definition. The classic provider takes the containers as a JSON text, which it decodes with Go's `encoding/json` (keys in any
 * case, any layout); in a preview such a text is wholly unknown as soon as a part of it is. aws-native takes an array, which keeps what is known.
 */
export const taskDefinition: WorkloadFamily = {
  types: {
    "aws:ecs/taskDefinition:TaskDefinition": (props) => containersFromJson(props, task(props)),
    "aws-native:ecs:TaskDefinition": (props) =>
      containersFromArray(member(props, "containerDefinitions"), task(props)),
  },
};

function task(props: unknown): Task {
  return { platform: runtimePlatform(props), launchTypes: launchTypes(props) };
}
