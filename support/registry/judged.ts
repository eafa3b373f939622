import { policiesWith } from "../../policypack/cli/configuration";
import { anyTask, judged, type JudgedName } from "../../policypack/cli/verdict";
import type { Inspection } from "../../policypack/inspection/inspector";
import type { Platform } from "../../policypack/oci/platform";
import type { RuntimeName } from "../../policypack/runtimes/predict";

/** What the command says of a bare name: every policy at its own level, for a task on any runtime of ECS. */
export function judgedImage(
  image: string,
  platform: Platform,
  inspection: Inspection,
  runtimes: readonly RuntimeName[] = [],
): JudgedName {
  const views = policiesWith().map((policy) => ({
    ...policy,
    inspection,
    uses: [anyTask],
    exempt: [],
    ofTasks: [],
  }));
  return judged({ image, platform, runtimes, users: [], views })();
}
