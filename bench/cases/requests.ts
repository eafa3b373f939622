import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bench, Case, CaseReport } from "../case";
import { compete, guardContender } from "../contender";
import { atMost, exactly, type Figure } from "../figure";
import { orders, RegistryProcess } from "../registry-process";
import type { Traffic } from "../registry-server";

const images = 20;

/** What the registry is asked for one image, by its kind. */
export const requests: Case = { name: "requests", title: "Requests for an image", measure };

async function measure(bench: Bench): Promise<CaseReport> {
  const guard = guardContender((await bench.installed()).command);
  const registry = await RegistryProcess.start({ access: { mode: "bearer" } });
  const folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-bench-"));
  try {
    const inspected = async (kind: "index" | "plain", tag: string, home: string) => {
      const names = await registry.publish(orders(images, tag, { kind }));
      return (await registry.during(() => compete(guard, names, home))).traffic;
    };
    const index = await inspected("index", "index", join(folder, "index"));
    const plain = await inspected("plain", "plain", join(folder, "plain"));
    const again = await inspected("index", "index", join(folder, "index"));
    return {
      figures: [
        ...perImage("index → manifest", index, 2, 1),
        ...perImage("plain manifest → config", plain, 2, 1),
        ...perImage("index, known from before: one HEAD of its tag", again, 1, 0),
        exactly("the same", again.manifestGets, 0, "GETs of manifests"),
      ],
      remarks: [
        `Means over ${images} images of one run, each in a repository of its own; none mixes.`,
        "The first request to a registry is answered by its challenge: one 401 more for all images together. The next run knows it.",
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await registry.stop();
  }
}

function perImage(what: string, seen: Traffic, wanted: number, challenges: number): Figure[] {
  const { requests: all, tokens, unauthorized } = seen;
  return [
    exactly(what, (all - tokens - unauthorized) / images, wanted, "requests an image"),
    atMost("the same", tokens, 1, "token for all repositories"),
    exactly("the same", unauthorized, challenges, "challenges in all"),
  ];
}
