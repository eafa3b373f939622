import { type KeyMatch, member } from "../common/values";
import type { Task } from "./containers";
import type { WorkloadImages } from "./image-use";

/** GiB that Fargate gives a task by default (ECS API, `EphemeralStorage`, platform version 1.4.0; older ones give less). */
export const DEFAULT_STORAGE = { storageGiB: 20 };

/**
 * The storage of a task that runs on Fargate alone. One that may run on EC2 as well has the storage of its host there; Windows has a
 * storage of its own.
 *
 * @param holder has `ephemeralStorage`, whose size each provider and API spells in its own way
 */
export function storageOf(
  holder: unknown,
  { platform, launchTypes: [launchType, ...others] }: Task,
  keys: KeyMatch = "exact",
): Pick<WorkloadImages, "storageGiB"> {
  if (launchType !== "FARGATE" || others.length > 0 || !platform.ok || platform.platform.os !== "linux")
    return {};
  const given = member(holder, "ephemeralStorage", keys);
  if (given.state === "absent") return DEFAULT_STORAGE;
  if (given.state === "unknown") return {};
  const size = ["sizeInGib", "sizeInGiB"]
    .map((key) => member(given.value, key, keys))
    .find(({ state }) => state !== "absent");
  return size?.state === "known" && typeof size.value === "number" ? { storageGiB: size.value } : {};
}
