import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { limits } from "../../policypack/common/limits";
import { selfSigned } from "../../support/network/certificate";
import type { Bench, Case, CaseReport, Table } from "../case";
import { compete, type Contender, guardContender, peerContender, peerProcesses, whoRead } from "../contender";
import { atMost, type Figure, number, partOfTime, seconds } from "../figure";
import { alternate, cpuTimeOfChildren, median, physicalLimit, timed, type Times } from "../measurement";
import { orders, RegistryProcess } from "../registry-process";
import type { Traffic } from "../registry-server";

const imageCount = 200;
const mixed = imageCount / 2;
const latencyMs = 100;
const rounds = 3;
const access = { mode: "bearer", expiresIn: 300 } as const;
const quarter = { words: "1/4", value: 0.25 };

/** The command beside other programs that read manifests, on the same registry. */
export const inspect: Case = {
  name: "inspect",
  title: `\`inspect\` of ${imageCount} images beside its peers, ${latencyMs} ms a request`,
  measure: async (bench) => {
    const race = await run(bench, false);
    const requests = race.guard.traffic.requests;
    const figures = [
      ...wallTime(race),
      atMost("requests, if the token service grants all scopes", requests, 515, "requests"),
      atMost(
        "requests, if it grants only the first scope",
        await requestsByFirstScope(bench),
        720,
        "requests",
      ),
      atMost("connections", race.guard.traffic.connections, limits.connections, "connections"),
    ];
    if (race.guard.cpuMs !== undefined)
      figures.push(atMost("CPU time of the command for a request", race.guard.cpuMs / requests, 0.8, "ms"));
    return reportOf(race, figures);
  },
};

/** The same over TLS, which nearly all registries speak. */
export const tls: Case = {
  name: "tls",
  title: `\`inspect\` of ${imageCount} images over TLS beside its peers, ${latencyMs} ms a request`,
  measure: async (bench) => {
    const race = await run(bench, true);
    // The first one finds that a registry of this machine does not speak plain HTTP.
    const connections = atMost(
      "connections",
      race.guard.traffic.connections,
      limits.connections + 1,
      "connections",
    );
    return reportOf(race, [...wallTime(race), connections]);
  },
};

/** What one contender needed: its times in milliseconds, and counts of the last run. */
interface Lap {
  readonly contender: Contender;
  readonly times: readonly number[];
  readonly traffic: Traffic;
  readonly cpuMs: number | undefined;
}

interface Race {
  readonly guard: Lap;
  readonly peers: readonly Lap[];
  /** Who could not take part, and why. */
  readonly leftOut: readonly string[];
}

async function run(bench: Bench, secure: boolean): Promise<Race> {
  const certificate = secure ? selfSigned("bench registry", ["127.0.0.1"]) : undefined;
  if (secure && certificate === undefined) throw new Error("openssl is needed to make a certificate");
  const folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-bench-"));
  const registry = await RegistryProcess.start({
    latencyMs,
    access,
    ...(certificate && { tls: certificate }),
  });
  try {
    const authority = join(folder, "authority.pem");
    if (certificate !== undefined) writeFileSync(authority, certificate.cert);
    const trust = secure ? { SSL_CERT_FILE: authority, NODE_EXTRA_CA_CERTS: authority } : {};
    const images = await registry.publish(orders(imageCount, "bench", { mixed }));
    const known = (await bench.peers()).map((peer) => peerContender(peer, registry.host, secure));
    const samples = [images[0], images.at(-1)].filter((image) => image !== undefined);
    const { able, leftOut } = await whoRead(known, samples, () => emptyHome(folder), trust);
    leftOut.forEach((remark) => {
      bench.say(`  ${remark}`);
    });
    const guard = guardContender((await bench.installed()).command);
    const seen = new Map<string, Pick<Lap, "traffic" | "cpuMs">>();
    const lap = (contender: Contender) => async () => {
      // A new home each time, so that nothing is known from the time before.
      const home = emptyHome(folder);
      const before = cpuTimeOfChildren();
      const { result, traffic } = await registry.during(() =>
        timed(() => compete(contender, images, home, trust)),
      );
      const cpuMs = before === undefined ? undefined : (cpuTimeOfChildren() ?? NaN) - before;
      seen.set(contender.name, { traffic, cpuMs });
      bench.say(`  ${contender.name}: ${result.toFixed(0)} ms, ${traffic.requests} requests`);
      return result;
    };
    const contenders = [guard, ...able];
    const times: Times<string> = await alternate(
      rounds,
      Object.fromEntries(contenders.map((contender) => [contender.name, lap(contender)])),
    );
    const lapOf = (contender: Contender): Lap => {
      const last = seen.get(contender.name);
      if (last === undefined) throw new Error(`${contender.name} did not run`);
      return { contender, times: times[contender.name] ?? [], ...last };
    };
    return { guard: lapOf(guard), peers: able.map(lapOf), leftOut };
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await registry.stop();
  }
}

/** Beside crane, with the other peers in the chart; nothing if crane is not there. */
function wallTime({ guard, peers }: Race): Figure[] {
  const [crane, ...others] = [...peers].sort((a) => (a.contender.name === "crane manifest" ? -1 : 1));
  if (crane?.contender.name !== "crane manifest") return [];
  const beside = { name: `\`crane manifest\` under \`xargs -P${peerProcesses}\``, times: crane.times };
  const figure = partOfTime("wall time", guard.times, beside, quarter);
  const more = others.map(({ contender: { name }, times }) => ({
    name: `${name} under xargs -P${peerProcesses}`,
    ms: median(times),
  }));
  return [{ ...figure, bars: [...(figure.bars ?? []), ...more] }];
}

/** Counted in one run. */
async function requestsByFirstScope(bench: Bench): Promise<number> {
  const registry = await RegistryProcess.start({ access: { ...access, scopes: "first" } });
  const folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-bench-"));
  try {
    const images = await registry.publish(orders(imageCount, "bench", { mixed }));
    const guard = guardContender((await bench.installed()).command);
    return (await registry.during(() => compete(guard, images, emptyHome(folder)))).traffic.requests;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await registry.stop();
  }
}

function reportOf(race: Race, figures: readonly Figure[]): CaseReport {
  return { figures, tables: [tableOf(race)], remarks: [...remarks, ...race.leftOut] };
}

function tableOf({ guard, peers }: Race): Table {
  const ours = median(guard.times);
  const rows = [guard, ...peers].map(({ contender: { name, version }, times, traffic, cpuMs }) => [
    version === undefined ? name : `${name} (${version})`,
    seconds(median(times)),
    number(median(times) / ours),
    ...[traffic.requests / imageCount, traffic.unauthorized, traffic.tokens, traffic.connections].map(number),
    cpuMs === undefined ? "" : seconds(cpuMs),
  ]);
  const tokens = Math.ceil(imageCount / 24);
  const needed = 2 * imageCount + tokens + 1 + mixed;
  const bounds = [
    ["physical limit, any number of connections", seconds(4 * latencyMs)],
    [
      `physical limit, ${limits.connections} connections`,
      seconds(physicalLimit(4, needed, limits.connections, latencyMs)),
    ],
  ].map(([what = "", took = ""]) => [
    what,
    took,
    "",
    number(needed / imageCount),
    "1",
    number(tokens),
    "",
    "",
  ]);
  return {
    head: [
      "contender",
      "wall time",
      "to ours",
      "requests an image",
      "401s",
      "tokens",
      "connections",
      "CPU time",
    ],
    rows: [...rows, ...bounds],
  };
}

const remarks = [
  `Medians of ${rounds} alternating runs after one to warm up; counts of the last run. Peers run under \`xargs -P${peerProcesses}\`, one image a process.`,
  `Each image is an index of two platforms in a repository of its own, and the token service grants several scopes; ${mixed} of the ${imageCount} mix gzip and zstd, and of these the command reads the config too.`,
  "Physical limit: challenge, token, index and manifest follow one another; a connection carries one request at a time.",
];

function emptyHome(parent: string): string {
  const home = mkdtempSync(join(parent, "home-"));
  writeFileSync(join(home, "config.json"), "{}");
  writeFileSync(join(home, "auth.json"), "{}");
  return home;
}
