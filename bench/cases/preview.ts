import type { Bench, Case, CaseReport } from "../case";
import { addedTime, exactly, number, seconds } from "../figure";
import { GuardedStack, grouped } from "../guarded-stack";
import { alternate, physicalLimit } from "../measurement";
import { orders, RegistryProcess } from "../registry-process";
import type { Traffic } from "../registry-server";

const imageCount = 200;
const latencyMs = 100;
const connections = 64;

/** The whole life of a change: a preview that knows nothing, one that knows the images already, and the update. */
export const preview: Case = {
  name: "preview",
  title: `Preview and update: 100 task definitions × 2 containers, ${imageCount} images, ${latencyMs} ms a request`,
  measure,
};

async function measure(bench: Bench): Promise<CaseReport> {
  const registry = await RegistryProcess.start({ latencyMs, access: { mode: "bearer", expiresIn: 300 } });
  const stack = await GuardedStack.create(bench);
  const traffic = new Map<string, Traffic>();
  const counted = async (name: string, work: () => Promise<number>) => {
    const { result, traffic: seen } = await registry.during(work);
    traffic.set(name, seen);
    return result;
  };
  const updated = async (pack: "empty" | "guard") => {
    const took = await counted(`update, ${pack}`, () => stack.update(pack));
    await stack.destroy();
    return took;
  };
  try {
    const times = await alternate(5, {
      empty: async (round) => {
        // Images of its own for each round, so that no cache of an earlier one helps.
        stack.define(grouped(await registry.publish(orders(imageCount, `r${round}`)), 2));
        return stack.preview("empty");
      },
      cold: () => counted("cold", () => stack.preview("guard")),
      warm: () => counted("warm", () => stack.preview("guard")),
      update: () => updated("guard"),
      emptyUpdate: () => updated("empty"),
    });
    const emptyPreview = { name: "an empty pack's preview", times: times.empty };
    const emptyUpdate = { name: "an empty pack's update", times: times.emptyUpdate };
    const cold = traffic.get("cold");
    return {
      figures: [
        addedTime("preview, nothing known", times.cold, emptyPreview, 500),
        addedTime("second preview, warm disk cache", times.warm, emptyPreview, -200),
        exactly("the same", traffic.get("warm")?.manifestGets ?? NaN, 0, "GETs of manifests"),
        addedTime("update after its preview, all resources new", times.update, emptyUpdate, 300),
        exactly(
          "the same",
          traffic.get("update, guard")?.manifestHeads ?? NaN,
          imageCount,
          "HEADs of manifests",
        ),
      ],
      tables: [trafficTable(traffic)],
      remarks: [
        "Medians of 5 alternating rounds after one to warm up; counts of the last round. Repositories share tokens.",
        `Physical limit of the first preview: challenge, token, index and manifest follow one another: ${seconds(4 * latencyMs)};` +
          ` its ${cold?.requests ?? NaN} requests over ${connections} connections take at least` +
          ` ${seconds(physicalLimit(4, cold?.requests ?? NaN, connections, latencyMs))}.`,
        "Updates are measured without the preview that `pulumi up` makes first.",
      ],
    };
  } finally {
    stack.remove();
    await registry.stop();
  }
}

function trafficTable(traffic: ReadonlyMap<string, Traffic>) {
  const rows = [...traffic].map(([name, seen]) => [
    name,
    ...[
      seen.requests,
      seen.manifestGets,
      seen.manifestHeads,
      seen.tokens,
      seen.unauthorized,
      seen.connections,
    ].map(number),
  ]);
  return {
    head: ["run", "requests", "manifest GETs", "manifest HEADs", "tokens", "401s", "connections"],
    rows,
  };
}
