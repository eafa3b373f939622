import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writePack } from "../../support/engine/packs";
import type { Bench, Case, CaseReport } from "../case";
import { addedTime, type Figure, partOfTime, seconds } from "../figure";
import { GuardedStack, type PackName } from "../guarded-stack";
import { alternate, median, timed, type Times } from "../measurement";
import { PackProcess } from "../pack-process";

const starts = 10;
const previews = 7;

/** What the pack costs a program that has nothing for it to check. */
export const start: Case = { name: "start", title: "Starting the pack", measure };

async function measure(bench: Bench): Promise<CaseReport> {
  const port = await untilPort(bench);
  const times = await previewsWithoutEcs(bench);
  const base = { name: "no pack at all", times: times.none };
  return {
    figures: [port, addedTime("whole preview without ECS resources", times.guard, base, 600)],
    tables: [
      {
        head: ["preview with", "took", "more than with no pack"],
        rows: (["none", "empty", "guard"] as const).map((pack) => [
          { none: "no pack", empty: "an empty ordinary pack", guard: "the guard" }[pack],
          seconds(median(times[pack])),
          seconds(median(times[pack]) - median(times.none)),
        ]),
      },
    ],
    remarks: [
      `Medians of ${starts} and ${previews} alternating runs after one to warm up. A start: \`node run-policy-pack\` until it prints its port.`,
      "The preview has no resources. Its packs are started by the tests' stand-in for Pulumi's language host, which is a Node process of its own.",
    ],
  };
}

async function untilPort(bench: Bench): Promise<Figure> {
  const folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-bench-"));
  try {
    const empty = writePack(folder, "empty");
    const guard = (await bench.installed()).folder;
    const times = await alternate(starts, {
      empty: () => timed(() => startPack(empty)),
      guard: () => timed(() => startPack(guard)),
    });
    const base = { name: "an empty ordinary pack", times: times.empty };
    return partOfTime("spawn to port", times.guard, base, { words: "0.45", value: 0.45 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function previewsWithoutEcs(bench: Bench): Promise<Times<PackName>> {
  const stack = await GuardedStack.create(bench);
  try {
    return await alternate(previews, {
      none: () => stack.preview("none"),
      empty: () => stack.preview("empty"),
      guard: () => stack.preview("guard"),
    });
  } finally {
    stack.remove();
  }
}

/** Runs a pack as the language host does, until it prints its port. */
async function startPack(folder: string): Promise<void> {
  const pack = await PackProcess.start(folder);
  await pack.stop();
}
