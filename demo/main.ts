import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { findEngine } from "../scripts/engine";
import { type EngineRun, EngineStack } from "../support/engine/engine";
import { TestRegistry } from "../support/registry/registry";
import { shop } from "./program";
import { fillRegistry } from "./registry-content";

const colored = process.stdout.isTTY || Boolean(process.env["FORCE_COLOR"]);
const say = (line: string) => process.stdout.write(`${line}\n`);
const heading = (line: string) => say(`\n${colored ? `\u001b[1m${line}\u001b[0m` : line}`);

/** Shows the real Pulumi engine block a mixed image and pass the rebuilt one; the exit status shows whether it did. */
async function demo(): Promise<void> {
  const engine = await findEngine(say);
  const registry = await TestRegistry.start();
  fillRegistry(registry);
  let versions = { web: 1, api: 1 };
  const stack = await EngineStack.create(engine, () => {
    shop(registry.host, versions);
  });
  try {
    say(
      `The real Pulumi ${engine.version?.toString() ?? ""}, with a registry and an AWS provider of the demo's own.`,
    );
    say("Pulumi's progress and diagnostics are left out.");
    heading(`The program, with versions = ${inspect(versions)}:`);
    say(programText());
    const blocked = await preview(stack);
    expect(
      blocked,
      !blocked.passed &&
        blocked.violations.map(({ policyName }) => policyName).join() === "mixed-layer-compression",
      "Blocked: shop/api:1 has zstd layers on a gzip base image",
    );
    versions = { web: 1, api: 2 };
    heading(`The fix: shop/api:2 has gzip in all 15 layers. Now versions = ${inspect(versions)}.`);
    const passing = await preview(stack);
    expect(
      passing,
      passing.passed && passing.violations.length === 0,
      "Passed: no image mixes gzip and zstd",
    );
  } finally {
    stack.remove();
    await registry.stop();
  }
}

/** The body of the program's function. */
function programText(): string {
  const source = readFileSync(join(__dirname, "program.ts"), "utf8");
  const [, body = ""] = /^export function .*\n([^]*?)\n}$/m.exec(source) ?? [];
  return body;
}

async function preview(stack: EngineStack): Promise<EngineRun> {
  say("\n$ pulumi preview --policy-pack .\n");
  const run = await stack.preview({ color: colored ? "always" : "never" });
  say(`${results(run.output)}\n`);
  return run;
}

/** What the engine printed of policies and resources, without its progress and its diagnostics. */
function results(output: string): string {
  return output
    .split(/^(?=\S*(?:Policies|Diagnostics|Resources):)/m)
    .filter((section) => /^\S*(?:Policies|Resources):/.test(section))
    .join("")
    .trimEnd();
}

function expect(run: EngineRun, held: boolean, what: string): void {
  if (!held) throw new Error(`The demo failed. Expected: ${what}. Pulumi printed:\n${run.output}`);
  say(`→ ${what}.`);
}

demo().then(
  // The Automation API's server for inline programs would keep the process for a while.
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
