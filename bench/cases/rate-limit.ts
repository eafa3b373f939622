import type { Bench, Case, CaseReport } from "../case";
import { exactly } from "../figure";
import { GuardedStack, grouped } from "../guarded-stack";
import { orders, RegistryProcess } from "../registry-process";

const images = 30;
const requestsPerSecond = 3;
const otherImages = 200;

/** A registry that allows few requests, and says when the next one may come. */
export const rateLimit: Case = {
  name: "rate-limit",
  title: `${images} images behind a limit of ${requestsPerSecond} requests a second`,
  measure,
};

async function measure(bench: Bench): Promise<CaseReport> {
  const registry = await RegistryProcess.start({ access: { mode: "bearer" } }, { requestsPerSecond });
  const other = await RegistryProcess.start({ access: { mode: "bearer" } });
  const stack = await GuardedStack.create(bench);
  const previewed = async (names: readonly string[]) => {
    stack.define(grouped(names, 1));
    const { result, traffic } = await registry.during(() => stack.unverified());
    return { verdicts: names.length - result, traffic };
  };
  try {
    const limited = await registry.publish(orders(images, "limited"));
    const first = await previewed(limited);
    // The known ones are prefetched; every other image has a new tag.
    const pushed = await registry.publish(orders(images, "pushed"));
    const again = await previewed(limited.flatMap((name, n) => (n % 2 === 0 ? name : (pushed[n] ?? []))));
    const both = [
      ...(await other.publish(orders(otherImages, "other"))),
      ...(await registry.publish(orders(images, "both"))),
    ];
    const beside = await previewed(both);
    const verdicts = "images with a verdict within the time budget of 60 s";
    return {
      figures: [
        exactly(verdicts, first.verdicts, images, "images"),
        exactly("the same, half of them known from before", again.verdicts, images, "images"),
        exactly(
          `the same, beside ${otherImages} images of a registry without a limit`,
          beside.verdicts,
          both.length,
          "images",
        ),
      ],
      remarks: [
        `Counted in previews of the real engine with the default settings. The first took ${first.traffic.requests} requests, tokens included, of which ${first.traffic.limited} were answered by 429 with \`Retry-After: 1\`.`,
      ],
    };
  } finally {
    stack.remove();
    await Promise.all([registry.stop(), other.stop()]);
  }
}
