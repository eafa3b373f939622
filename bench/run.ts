import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join, relative } from "node:path";
import { svg } from "../scripts/pictures/svg";
import { findEngine } from "../scripts/engine";
import { findPeers, type Peer } from "../scripts/peers";
import type { Bench, Case } from "./case";
import { cases } from "./cases";
import { chart } from "./chart";
import { missingGoals } from "./goals";
import { installedPackage } from "./installed-package";
import { document, type Measured } from "./markdown";
import { isRecord } from "../policypack/common/values";

const say = (line: string) => process.stderr.write(`${line}\n`);

/**
 * Measures what the guard costs and prints it; a run of all cases is kept by its date as well.
 *
 * @returns the exit status: 0 every bar is met, 1 one is not, 2 a case could not be measured
 */
async function run(chosen: readonly Case[]): Promise<0 | 1 | 2> {
  const about = [
    `ecs-image-guard ${ownVersion()}, Node ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores.`,
  ];
  const bench = new Parts();
  const measured: Measured[] = [];
  for (const one of chosen) {
    const { name, title } = one;
    say(`${name}: ${title} …`);
    const started = performance.now();
    try {
      measured.push({ name, title, report: await one.measure(bench) });
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      say(`  could not be measured: ${words}`);
      measured.push({ name, title, error: words.split("\n")[0] ?? "" });
    }
    say(`  took ${((performance.now() - started) / 1000).toFixed(0)} s`);
  }
  about.push(...bench.versions());
  const date = new Date().toISOString().slice(0, "YYYY-MM-DD".length);
  const report = document(date, about, measured, `${date}.svg`);
  process.stdout.write(`\n${report}`);
  if (chosen.length === cases.length) keep(date, report, chartOf(date, measured));
  else say("\nNot kept: a file of results has all cases of one run.");
  const missing = missingGoals(measured);
  for (const { goal } of missing) say(`Not measured: ${goal}`);
  if (missing.length > 0 || measured.some((one) => "error" in one)) return 2;
  return measured.every((one) => "report" in one && one.report.figures.every(({ met }) => met)) ? 0 : 1;
}

function ownVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(__dirname, "../package.json"), "utf8"));
  return String(isRecord(manifest) ? manifest["version"] : undefined);
}

function keep(date: string, report: string, picture: string): void {
  const folder = join(__dirname, "results");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${date}.md`);
  writeFileSync(file, report);
  writeFileSync(join(folder, `${date}.svg`), picture);
  say(`\nWritten to ${relative(process.cwd(), file)}, with a chart beside it.`);
}

/** Every time that was compared with another one, as a picture. */
function chartOf(date: string, measured: readonly Measured[]): string {
  const groups = measured.flatMap((one) =>
    "error" in one
      ? []
      : one.report.figures.flatMap(({ what, bars = [] }) =>
          bars.length === 0 ? [] : [{ title: `${one.title.replaceAll("`", "")}: ${what}`, bars }],
        ),
  );
  return svg(chart(`What the guard costs, ${date}`, groups));
}

/** What the cases measure with, looked for once. */
class Parts implements Bench {
  readonly say = say;
  readonly installed = installedPackage;
  #engine: ReturnType<Bench["engine"]> | undefined;
  #peers: Promise<Peer[]> | undefined;
  readonly #versions: string[] = [];

  engine(): ReturnType<Bench["engine"]> {
    this.#engine ??= findEngine(say).then((engine) => {
      this.#versions.push(`Pulumi ${engine.version?.toString() ?? "of unknown version"}.`);
      return engine;
    });
    return this.#engine;
  }

  peers(): Promise<Peer[]> {
    this.#peers ??= findPeers(say).then((peers) => {
      this.#versions.push(...peers.map(({ name, version: of }) => `${name} ${of}.`));
      return peers;
    });
    return this.#peers;
  }

  /** Of the parts that were used. */
  versions(): readonly string[] {
    return this.#versions;
  }
}

function choose(names: readonly string[]): readonly Case[] {
  const known = cases.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    say(`There is no case ${unknown.join(", ")}: ${known.join(", ")}.`);
    process.exit(3);
  }
  return names.length === 0 ? cases : cases.filter(({ name }) => names.includes(name));
}

// The Automation API's server for inline programs would keep the process for a while.
void run(choose(process.argv.slice(2))).then((status) => process.exit(status));
