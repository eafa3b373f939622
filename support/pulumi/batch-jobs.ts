import { imagesOf, type WorkloadImages } from "../../policypack/workloads";
import { previewed } from "./previewed";

export const CLASSIC = "aws:batch/jobDefinition:JobDefinition";
export const NATIVE = "aws-native:batch:JobDefinition";
export const TYPES = [CLASSIC, NATIVE] as const;
/** The properties that the classic provider takes as JSON texts. */
export const KEYS: readonly string[] = ["containerProperties", "ecsProperties", "nodeProperties"];

/** Properties written as each provider expects them: the classic one takes JSON texts. */
export function written(type: string, props: Record<string, unknown>): Record<string, unknown> {
  if (type === NATIVE) return props;
  return Object.fromEntries(
    Object.entries(props).map(([key, value]) => [key, KEYS.includes(key) ? JSON.stringify(value) : value]),
  );
}

/** What a preview reads of a job definition so written. */
export function job(type: string, props: Record<string, unknown>): WorkloadImages {
  return imagesOf(type, previewed(written(type, props)))!;
}

/** A multi-node job of these node ranges. */
export function ranges(...nodeRangeProperties: readonly unknown[]): Record<string, unknown> {
  return {
    type: "multinode",
    nodeProperties: { mainNode: 0, numNodes: nodeRangeProperties.length, nodeRangeProperties },
  };
}

/** A job of these ECS tasks. */
export function tasks(...taskProperties: readonly unknown[]): Record<string, unknown> {
  return { type: "container", ecsProperties: { taskProperties } };
}
