import type { Platform } from "../oci/platform";
import { type RuntimeName, runtimeNames } from "./predict";

export const launchTypeNames = ["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"] as const;

/** Where ECS will start the task; decides which container runtime pulls the image. */
export type LaunchType = (typeof launchTypeNames)[number];

/**
 * The container runtimes behind each launch type. Fargate's platform version 1.4.0 is containerd; AWS does not publish
 * which, so both major versions count. ECS's AMIs pull through Docker (25 in 2026); external hosts have their own.
 */
export const usualRuntimes: Record<LaunchType, readonly RuntimeName[]> = {
  FARGATE: ["containerd-1.6", "containerd-1.7", "containerd-2.0", "containerd-2.3"],
  EC2: ["dockerd-23"],
  EXTERNAL: ["dockerd-23"],
  MANAGED_INSTANCES: ["dockerd-23"],
};

/** Launch type → runtimes, if a team knows better. */
export type ConfiguredRuntimes = Readonly<Partial<Record<LaunchType, readonly RuntimeName[]>>>;

/**
 * The runtimes that the tasks behind some image uses may meet, each once. A task definition without launch types is
 * registered for EC2 (ECS API, `requiresCompatibilities`). None for Windows, whose runtimes nobody measured.
 */
export function runtimesOfTasks(
  uses: readonly { readonly launchTypes: readonly LaunchType[]; readonly platform: Platform }[],
  configured: ConfiguredRuntimes = {},
): readonly RuntimeName[] {
  const met = new Set(
    uses
      .filter(({ platform }) => hasRuntimes(platform))
      .flatMap(({ launchTypes }) => (launchTypes.length === 0 ? (["EC2"] as const) : launchTypes))
      .flatMap((launchType) => configured[launchType] ?? usualRuntimes[launchType]),
  );
  return runtimeNames.filter((name) => met.has(name));
}

export function hasRuntimes(platform: Platform): boolean {
  return platform.os === "linux";
}
