import type { Bench, Case, CaseReport } from "../case";
import { exactly } from "../figure";
import { GuardedStack, grouped } from "../guarded-stack";
import { orders, RegistryProcess } from "../registry-process";

const images = 30;
const requestsPerSecond = 3;

/** A registry that allows few requests, and says when the next one may come. */
export const rateLimit: Case = {
  name: "rate-limit",
  title: `${images} images behind a limit of ${requestsPerSecond} requests a second`,
  measure,
};

async function measure(bench: Bench): Promise<CaseReport> {
  const registry = await RegistryProcess.start({ access: { mode: "bearer" } }, { requestsPerSecond });
  const stack = await GuardedStack.create(bench);
  try {
    stack.define(grouped(await registry.publish(orders(images, "limited")), 1));
    const { result, traffic } = await registry.during(() => stack.unverified());
    return {
      figures: [
        exactly("images with a verdict within the time budget of 60 s", images - result, images, "images"),
      ],
      remarks: [
        `Counted in one preview of the real engine with the default settings: ${traffic.requests} requests, tokens included, of which ${traffic.limited} were answered by 429 with \`Retry-After: 1\`.`,
      ],
    };
  } finally {
    stack.remove();
    await registry.stop();
  }
}
