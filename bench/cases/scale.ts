import { Inspector } from "../../policypack/inspection/inspector";
import type { Bench, Case, CaseReport } from "../case";
import { number, seconds } from "../figure";
import { GuardedStack, grouped } from "../guarded-stack";
import { alternate, median } from "../measurement";
import { PeakMemory } from "../peak-memory";
import { orders, RegistryProcess } from "../registry-process";

const [few, many] = [500, 2_000] as const;
const latencyMs = 20;
const alone = 50;
const rounds = 3;
const megabyte = 1024 * 1024;

/** Whether time and memory stay in proportion. */
export const scale: Case = {
  name: "scale",
  title: `${many} images, ${latencyMs} ms a request`,
  measure,
};

async function measure(bench: Bench): Promise<CaseReport> {
  const registry = await RegistryProcess.start({ latencyMs, access: { mode: "bearer", expiresIn: 300 } });
  const stack = await GuardedStack.create(bench);
  const peaks: Record<"empty" | "guard", number[]> = { empty: [], guard: [] };
  let published: string[] = [];
  const preview = async (pack: "empty" | "guard", count: number, round: number) => {
    stack.define(grouped(published.slice(0, count), 2));
    const memory = new PeakMemory("run-policy-pack");
    const took = await stack.preview(pack);
    const peak = memory.stop();
    if (count === many && round > 0) peaks[pack].push(peak);
    return took;
  };
  const publish = async (tag: string) => {
    published = await registry.publish(orders(many, tag));
  };
  try {
    const times = await alternate(rounds, {
      oneByOne: async (round) => {
        await publish(`one-by-one-${round}`);
        return oneByOne(published.slice(0, alone));
      },
      emptyFew: (round) => preview("empty", few, round),
      emptyMany: (round) => preview("empty", many, round),
      guardFew: async (round) => {
        await publish(`few-${round}`);
        return preview("guard", few, round);
      },
      guardMany: async (round) => {
        await publish(`many-${round}`);
        return preview("guard", many, round);
      },
    });
    const addedBy = (count: "Few" | "Many") =>
      median(times[`guard${count}`]) - median(times[`empty${count}`]);
    const slope = (addedBy("Many") - addedBy("Few")) / (many - few);
    const single = median(times.oneByOne) / alone;
    const [ours, theirs] = [median(peaks.guard) / megabyte, median(peaks.empty) / megabyte];
    return {
      figures: [
        {
          what: `what an image adds, from ${few} to ${many}`,
          bar: "< 1/10 of one by one",
          measured: milliseconds(slope),
          beside: `one by one ${milliseconds(single)}`,
          ratio: slope / single,
          met: slope < single / 10,
        },
        {
          what: `peak resident memory of the pack, ${many} images`,
          bar: "≤ an empty pack + 60 MB",
          measured: `${ours.toFixed(0)} MB: ${(ours - theirs).toFixed(0)} MB more`,
          beside: `empty pack ${theirs.toFixed(0)} MB`,
          ratio: ours / theirs,
          met: ours - theirs <= 60,
        },
      ],
      tables: [
        {
          head: ["images", "empty pack's preview", "the guard's", "more"],
          rows: (["Few", "Many"] as const).map((count) => [
            number(count === "Few" ? few : many),
            seconds(median(times[`empty${count}`])),
            seconds(median(times[`guard${count}`])),
            seconds(addedBy(count)),
          ]),
        },
      ],
      remarks: [
        `Medians of ${rounds} alternating rounds after one to warm up; two images a task definition, bearer per repository, index → manifest.`,
        `One by one: ${alone} images, each after the one before, by the library. Memory: VmHWM of the pack's process, as the engine started it.`,
      ],
    };
  } finally {
    stack.remove();
    await registry.stop();
  }
}

async function oneByOne(images: readonly string[]): Promise<number> {
  const inspector = new Inspector();
  try {
    const started = performance.now();
    for (const image of images) {
      const outcome = await inspector.inspect(image, { os: "linux", architecture: "amd64" });
      if (!outcome.ok) throw new Error(outcome.failure.message);
    }
    return performance.now() - started;
  } finally {
    await inspector.close();
  }
}

function milliseconds(value: number): string {
  return `${value.toFixed(2)} ms`;
}
