import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AnyResource, type EngineRun, EngineStack } from "../support/engine/engine";
import { writePack } from "../support/engine/packs";
import type { Bench } from "./case";
import { timed } from "./measurement";

/** `empty`: a pack without policies, which costs what every pack costs. */
export type PackName = "none" | "empty" | "guard";

/** A stack of task definitions on the real engine, run with our pack, with an empty one or with none. */
export class GuardedStack {
  #images: readonly (readonly string[])[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-bench-"));
  readonly #packs: Readonly<Record<PackName, readonly string[]>>;
  #stack: EngineStack | undefined;

  static async create(
    bench: Bench,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<GuardedStack> {
    const stack = new GuardedStack(bench, (await bench.installed()).folder);
    const program = () => {
      for (const [n, images] of stack.#images.entries()) {
        const containers = images.map((image, i) => ({ name: `container-${i}`, image }));
        const containerDefinitions = JSON.stringify(containers);
        new AnyResource("aws:ecs/taskDefinition:TaskDefinition", `task-${n}`, { containerDefinitions });
      }
    };
    stack.#stack = await EngineStack.create(await bench.engine(), program, { environment });
    return stack;
  }

  private constructor(
    private readonly bench: Bench,
    guard: string,
  ) {
    this.#packs = { none: [], empty: [writePack(this.#folder, "empty")], guard: [guard] };
  }

  /** The program's task definitions from now on: each with a container for every image. */
  define(taskDefinitions: readonly (readonly string[])[]): void {
    this.#images = taskDefinitions;
  }

  preview(pack: PackName): Promise<number> {
    return this.#run("preview", pack, (stack, packs) => stack.preview({ packs }));
  }

  /** Previews with the guard, whatever it finds. Gives how many of the program's images have no verdict. */
  async unverified(): Promise<number> {
    const { violations, output } = await this.#running().preview({ packs: this.#packs.guard });
    if (!/ecs-image-guard: \d+ images?, /.test(output)) throw new Error(`The preview failed:\n${output}`);
    return violations
      .filter(({ policyName }) => policyName === "unverified-image")
      .map(({ message }) => Number(/^Not verified: [^\n]*: (\d+) images/.exec(message)?.[1] ?? 1))
      .reduce((sum, count) => sum + count, 0);
  }

  /** Without the preview that the command makes first. */
  update(pack: PackName): Promise<number> {
    return this.#run("update", pack, (stack, packs) => stack.up({ packs }));
  }

  /** Removes all resources, so that the next update creates them anew. */
  async destroy(): Promise<void> {
    const { passed, output } = await this.#running().destroy();
    if (!passed) throw new Error(`The stack could not be destroyed:\n${output}`);
  }

  remove(): void {
    this.#stack?.remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #run(
    what: string,
    pack: PackName,
    command: (stack: EngineStack, packs: readonly string[]) => Promise<EngineRun>,
  ): Promise<number> {
    let run: EngineRun | undefined;
    const took = await timed(async () => {
      run = await command(this.#running(), this.#packs[pack]);
    });
    // What is measured must be the work: nothing blocked, nothing left unchecked.
    if (run?.passed !== true || run.violations.length > 0)
      throw new Error(`The ${what} failed:\n${run?.output ?? ""}`);
    this.bench.say(`  ${what}, ${pack}: ${took.toFixed(0)} ms`);
    return took;
  }

  #running(): EngineStack {
    if (this.#stack === undefined) throw new Error("There is no stack.");
    return this.#stack;
  }
}

/** Task definitions of so many containers each. */
export function grouped(images: readonly string[], containers: number): string[][] {
  return Array.from({ length: Math.ceil(images.length / containers) }, (_, n) =>
    images.slice(n * containers, (n + 1) * containers),
  );
}
