import { cases } from "./cases";
import { runRegistries } from "./results";
import { buildParts, missingParts } from "./servers";

/**
 * Runs the guard against real registries and prints one table; the exit status is 1 if a row is not as expected, or a part is
 * missing. With `--prepare`, builds the parts and runs nothing.
 */
async function conformance(): Promise<number> {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  await buildParts(say);
  const missing = missingParts();
  if (missing.length > 0) {
    say(`missing here: ${missing.join("; ")}`);
    return 1;
  }
  if (process.argv.includes("--prepare")) return 0;
  let [done, differing] = [0, 0];
  say(row("REGISTRY", "REACHED BY", "EXPECTED", "FOUND"));
  await runRegistries(({ registry, mode, expected, found, agrees }) => {
    done++;
    if (!agrees) differing++;
    say(row(registry, mode, expected, agrees && found === expected ? "the same" : found, agrees));
  });
  say(`${done} of ${cases.length} rows, ${differing} not as expected`);
  return done === cases.length && differing === 0 ? 0 : 1;
}

function row(registry: string, mode: string, expected: string, found: string, agrees = true): string {
  const cells = [
    registry.padEnd(22),
    mode.padEnd(30),
    expected.padEnd(58),
    agrees ? found : `DIFFERS: ${found}`,
  ];
  return cells.join("");
}

conformance().then(
  (status) => process.exit(status),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
