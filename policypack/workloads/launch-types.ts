import type { LaunchType } from "./image-use";
import { member } from "./values";

const LAUNCH_TYPES: ReadonlyMap<string, LaunchType> = new Map([
  ["EC2", "EC2"],
  ["FARGATE", "FARGATE"],
  ["EXTERNAL", "EXTERNAL"],
  ["MANAGED_INSTANCES", "MANAGED_INSTANCES"],
]);

/** The launch types in `requiresCompatibilities` (ECS API, `RegisterTaskDefinition`) that are known, each once. */
export function launchTypes(props: unknown): readonly LaunchType[] {
  const reading = member(props, "requiresCompatibilities");
  if (reading.state !== "known" || !Array.isArray(reading.value)) return [];
  const list: readonly unknown[] = reading.value;
  const found = new Set<LaunchType>();
  for (let index = 0; index < list.length; index++) {
    const word = member(list, index);
    if (word.state !== "known" || typeof word.value !== "string") continue;
    const launchType = LAUNCH_TYPES.get(word.value.toUpperCase());
    if (launchType !== undefined) found.add(launchType);
  }
  return [...found];
}
