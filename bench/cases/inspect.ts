import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bench, Case, CaseReport } from "../case";
import { compete, type Contender, guardCommand, peerContender, peerProcesses, whoRead } from "../contender";
import { atMost, type Figure, number, partOfTime, seconds } from "../figure";
import { alternate, median, physicalLimit, timed } from "../measurement";
import { orders, RegistryProcess } from "../registry-process";
import type { Traffic } from "../registry-server";

const imageCount = 200;
const mixed = 10;
const latencyMs = 100;
const connections = 64;
const rounds = 3;

/** The command beside other programs that read manifests, on the same registry. */
export const inspect: Case = {
  name: "inspect",
  title: `\`inspect\` of ${imageCount} images beside its peers, ${latencyMs} ms a request`,
  measure,
};

async function measure(bench: Bench): Promise<CaseReport> {
  const registry = await RegistryProcess.start({ latencyMs, access: { mode: "bearer", expiresIn: 300 } });
  const folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-bench-"));
  const traffic = new Map<string, Traffic>();
  try {
    const images = await registry.publish(orders(imageCount, "bench", { mixed }));
    const known = (await bench.peers()).map((peer) => peerContender(peer, registry.host));
    const samples = [images[0], images.at(-1)].filter((image) => image !== undefined);
    const { able, leftOut } = await whoRead(known, samples, () => emptyHome(folder));
    leftOut.forEach((remark) => {
      bench.say(`  ${remark}`);
    });
    const run = (contender: Contender) => async () => {
      // A new home each time, so that nothing is known from the time before.
      const home = emptyHome(folder);
      const { result, traffic: seen } = await registry.during(() =>
        timed(() => compete(contender, images, home)),
      );
      traffic.set(contender.name, seen);
      bench.say(`  ${contender.name}: ${result.toFixed(0)} ms, ${seen.requests} requests`);
      return result;
    };
    const contenders: Contender[] = [guardCommand, ...able];
    const times = await alternate(
      rounds,
      Object.fromEntries(contenders.map((contender) => [contender.name, run(contender)])),
    );
    return {
      figures: figuresOf(times, traffic),
      tables: [tableOf(contenders, times, traffic)],
      remarks: [...remarks, ...leftOut],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await registry.stop();
  }
}

function figuresOf(
  times: Readonly<Record<string, readonly number[]>>,
  traffic: ReadonlyMap<string, Traffic>,
): Figure[] {
  const ours = traffic.get(guardCommand.name);
  const requests = ours?.requests ?? NaN;
  const figures = [
    atMost(
      "requests an image, configs of blocked images apart",
      (requests - mixed) / imageCount,
      2.1,
      "requests",
    ),
    atMost("connections", ours?.connections ?? NaN, connections, "connections"),
  ];
  const crane = times["crane manifest"];
  if (crane === undefined) return figures;
  const beside = { name: `\`crane manifest\` under \`xargs -P${peerProcesses}\``, times: crane };
  const third = { words: "1/3", value: 1 / 3 };
  return [partOfTime("wall time", times[guardCommand.name] ?? [], beside, third), ...figures];
}

function tableOf(
  contenders: readonly Contender[],
  times: Readonly<Record<string, readonly number[]>>,
  traffic: ReadonlyMap<string, Traffic>,
) {
  const ours = median(times[guardCommand.name] ?? []);
  const rows = contenders.map(({ name, version }) => {
    const took = median(times[name] ?? []);
    const seen = traffic.get(name);
    const { requests = NaN, unauthorized = NaN, tokens = NaN } = seen ?? {};
    return [
      version === undefined ? name : `${name} (${version})`,
      seconds(took),
      number(took / ours),
      ...[requests / imageCount, unauthorized, tokens, seen?.connections ?? NaN].map(number),
    ];
  });
  const tokens = Math.ceil(imageCount / 24);
  const needed = 2 * imageCount + tokens + 1 + mixed;
  const limits = [
    ["physical limit, any number of connections", seconds(4 * latencyMs)],
    [`physical limit, ${connections} connections`, seconds(physicalLimit(4, needed, connections, latencyMs))],
  ].map(([what = "", took = ""]) => [what, took, "", number(needed / imageCount), "1", number(tokens), ""]);
  return {
    head: ["contender", "wall time", "to ours", "requests an image", "401s", "tokens", "connections"],
    rows: [...rows, ...limits],
  };
}

const remarks = [
  `Medians of ${rounds} alternating runs after one to warm up; counts of the last run. Peers run under \`xargs -P${peerProcesses}\`, one image a process.`,
  `Each image is an index of two platforms in a repository of its own, and the token service grants several scopes; ${mixed} of the ${imageCount} mix gzip and zstd.`,
  "Physical limit: challenge, token, index and manifest follow one another; a connection carries one request at a time.",
];

function emptyHome(parent: string): string {
  const home = mkdtempSync(join(parent, "home-"));
  writeFileSync(join(home, "config.json"), "{}");
  writeFileSync(join(home, "auth.json"), "{}");
  return home;
}
