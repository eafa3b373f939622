import { unmarshalAny } from "../oci/go-types";
import { member, textAt } from "../common/values";
import { printable } from "../common/text";
import { imagesOfDescribed } from "../workloads/ecs";
import type { WorkloadImages } from "../workloads/image-use";
import { InputError, jsonProblem } from "./input";

/** A task definition of a file. */
export interface TaskDefinition {
  /** Its family; without one, the file's name. */
  readonly name: string;
  /** With the task's ephemeral storage. */
  readonly images: WorkloadImages;
}

const expected =
  "Expected the output of `aws ecs describe-task-definition`, or the input of `register-task-definition`.";

/**
 * Reads a task definition in JSON: as `aws ecs describe-task-definition` prints it (`{ "taskDefinition": … }`), or as
 * `register-task-definition` takes and generates it (`--cli-input-json`, `--generate-cli-skeleton`).
 *
 * @param source the file, in words that can be printed
 * @throws InputError naming the file and what is wrong with it
 */
export function readTaskDefinition(text: string, source: string): TaskDefinition {
  let document: unknown;
  try {
    document = unmarshalAny(text);
  } catch {
    throw new InputError(jsonProblem(text, source));
  }
  const described = member(document, "taskDefinition", "any-case");
  const definition = described.state === "known" ? described.value : document;
  const containers = member(definition, "containerDefinitions", "any-case");
  if (containers.state !== "known")
    throw new InputError(`${source} has no \`containerDefinitions\`. ${expected}`);
  if (Array.isArray(containers.value) && containers.value.length === 0)
    throw new InputError(`${source} has no containers: \`containerDefinitions\` is empty.`);
  const family = textAt(definition, "family", "any-case")?.trim() ?? "";
  return {
    name: family === "" ? source : printable(family, 255),
    images: imagesOfDescribed(definition, { keys: "any-case" }),
  };
}
