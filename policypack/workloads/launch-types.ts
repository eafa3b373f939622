import { member } from "./values";

export const launchTypeNames = ["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"] as const;

/** Where ECS will start the task; decides which container runtime pulls the image. */
export type LaunchType = (typeof launchTypeNames)[number];

/**
 * The launch types that are known, each once, of `requiresCompatibilities` (ECS API, `RegisterTaskDefinition`) or of
 * `platformCapabilities` (Batch API, `RegisterJobDefinition`).
 */
export function launchTypes(
  props: unknown,
  key: "requiresCompatibilities" | "platformCapabilities" = "requiresCompatibilities",
): readonly LaunchType[] {
  const reading = member(props, key);
  if (reading.state !== "known" || !Array.isArray(reading.value)) return [];
  const list: readonly unknown[] = reading.value;
  const found = new Set<LaunchType>();
  for (let index = 0; index < list.length; index++) {
    const word = member(list, index);
    if (word.state !== "known" || typeof word.value !== "string") continue;
    const written = word.value.toUpperCase();
    const launchType = launchTypeNames.find((name) => name === written);
    if (launchType !== undefined) found.add(launchType);
  }
  return [...found];
}
