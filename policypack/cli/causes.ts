import { unreadParts } from "../inspection/inspected-image";
import { mixedLayerCompression } from "../policies/mixed-layer-compression";
import { unpullableLayers } from "../policies/unpullable-layers";
import { type Cause, type CauseGroup, failureCause, groupByCause, layersCause } from "../report/causes";
import { type JudgedName, shownFindings } from "./verdict";

const aboutLayers = [mixedLayerCompression.name, unpullableLayers.name];

/** The results with findings, each in one group: that of its cause. */
export function causeGroups(results: readonly JudgedName[]): readonly CauseGroup<JudgedName>[] {
  return groupByCause(
    results.filter(({ findings }) => findings.length > 0),
    causeOf,
  );
}

/** For each result whose cause another one before it shares: that other one, which explains the cause. */
export function explainedBy(results: readonly JudgedName[]): ReadonlyMap<JudgedName, JudgedName> {
  return new Map(
    causeGroups(results).flatMap(({ members: [first, ...others] }) =>
      first === undefined ? [] : others.map((other) => [other, first] as const),
    ),
  );
}

/** Only results with the same verdict by the same policy share a cause. */
function causeOf(result: JudgedName): Cause | undefined {
  const { image, platform, inspection, verdict, findings } = result;
  const [{ policy } = { policy: "" }] = findings;
  if (image === null || platform === null || inspection === null) return undefined;
  // Another problem beside the shared one must not stay untold.
  if (shownFindings(result).length > 1) return undefined;
  const [unread] = unreadParts(inspection);
  const failed = inspection.ok ? unread : inspection.failure;
  const layers = inspection.ok && aboutLayers.includes(policy) ? layersCause(inspection.value) : undefined;
  const cause = layers ?? (failed === undefined ? undefined : failureCause(image, platform, failed));
  return cause && { kind: cause.kind, key: JSON.stringify([verdict, policy, cause.key]) };
}
