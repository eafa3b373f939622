import type { Bench, Case, CaseReport } from "../case";
import { exactly } from "../figure";
import { GuardedStack } from "../guarded-stack";
import { orders, RegistryProcess } from "../registry-process";

const taskDefinitions = 100;

export const sameImage: Case = {
  name: "same-image",
  title: `The same image in ${taskDefinitions} task definitions`,
  measure,
};

async function measure(bench: Bench): Promise<CaseReport> {
  const registry = await RegistryProcess.start({ latencyMs: 20, access: { mode: "bearer" } });
  const stack = await GuardedStack.create(bench);
  try {
    const image = await registry.publish(orders(1, "same"));
    stack.define(Array.from({ length: taskDefinitions }, () => image));
    const { traffic } = await registry.during(() => stack.preview("guard"));
    return {
      figures: [
        // One inspection reads the index and the manifest.
        exactly("preview", traffic.manifestGets / 2, 1, "inspection"),
        exactly("the same", traffic.tokens, 1, "token"),
        exactly("the same", traffic.unauthorized, 1, "challenge"),
      ],
      remarks: ["Counted at the registry: GETs of the index and of the manifest, in pairs."],
    };
  } finally {
    stack.remove();
    await registry.stop();
  }
}
