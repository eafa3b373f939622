import { type Inspection, predictionsFor } from "../inspection/inspected-image";
import type { Platform } from "../oci/platform";
import type { Prediction, RuntimeName } from "../runtimes/predict";
import { definitions } from "../policies";
import type { TraceStep } from "../common/trace";
import { hasRuntimes, runtimesOfEcs } from "../runtimes/ecs-runtimes";

/** One name of the command line and what its inspection gave. */
export interface InspectedName {
  readonly image: string;
  readonly platform: Platform;
  readonly inspection: Inspection;
  /** Those that were asked for by name; empty: all. */
  readonly runtimes: readonly RuntimeName[];
  /** Where they were asked for: how it came to that. */
  readonly steps?: readonly TraceStep[];
}

export interface Finding {
  /** The policy's name. */
  readonly policy: string;
  readonly level: "mandatory" | "advisory";
  readonly message: string;
}

/** What the pack's policies would say, at their default levels, of a task on any runtime of ECS or on those named. */
export function findingsOf({ image, platform, inspection, runtimes }: InspectedName): Finding[] {
  const judged = {
    image,
    platform,
    users: [],
    inspection,
    runtimes: runtimes.length > 0 && hasRuntimes(platform) ? runtimes : runtimesOfEcs(platform),
    allowOciMix: false,
    toCome: false,
    isActive: () => true,
  };
  return definitions.flatMap(({ name, enforcementLevel, judge }) => {
    const finding = judge(judged);
    return finding === undefined ? [] : [{ policy: name, level: enforcementLevel, message: finding.message }];
  });
}

/** What each runtime would do with the image; none for Windows, nor if its document was not read. */
export function predictionsOf({ platform, inspection, runtimes }: InspectedName): readonly Prediction[] {
  return hasRuntimes(platform) ? predictionsFor(inspection, runtimes) : [];
}

/** 0 all fine, 1 an image would be blocked, 2 an image could not be checked and none is blocked. */
export function exitCode(results: readonly InspectedName[]): 0 | 1 | 2 {
  const levels = results.flatMap(findingsOf).map(({ level }) => level);
  if (levels.includes("mandatory")) return 1;
  return levels.length > 0 ? 2 : 0;
}
