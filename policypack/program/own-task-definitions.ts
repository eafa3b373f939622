import { member, textAt } from "../common/values";
import { type NamedTaskDefinition, parseTaskDefinitionName } from "../workloads";
import { taskDefinition } from "./kinds";
import { type Program, type Resource, sourcesOf } from "./program";

/** A task definition's family and, if it has one already, its revision. */
interface Revision {
  readonly family: string;
  readonly revision?: string;
}

/**
 * Whether a name may mean a task definition that the program itself creates: its value comes from one, or it names the family of one, and no
 * other revision than the program's. Such a task definition is judged by its own resource.
 */
export function namesOwn(program: Program, resource: Resource, { name, key }: NamedTaskDefinition): boolean {
  const sources = sourcesOf(resource, key);
  if (sources.some((urn) => taskDefinition.types.includes(program.get(urn)?.type ?? ""))) return true;
  const parsed = parseTaskDefinitionName(name);
  return (
    parsed !== undefined &&
    program
      .ofKind(taskDefinition)
      .flatMap(revisionOf)
      .some(
        ({ family, revision }) =>
          family === parsed.family && (parsed.revision === undefined || parsed.revision === revision),
      )
  );
}

/** The family that a resource registers; undefined if it is not a task definition, or if AWS chooses the name. */
export function familyOf(type: string, inputs: unknown): string | undefined {
  return taskDefinition.types.includes(type) ? textAt(inputs, "family") : undefined;
}

function revisionOf({ type, inputs, outputs }: Resource): Revision[] {
  for (const id of taskDefinition.ids) {
    const arn = member(outputs, id);
    const created =
      arn.state === "known" && typeof arn.value === "string" ? parseTaskDefinitionName(arn.value) : undefined;
    if (created !== undefined) return [created];
  }
  const family = familyOf(type, inputs) ?? textAt(outputs, "family");
  return family === undefined ? [] : [{ family }];
}
