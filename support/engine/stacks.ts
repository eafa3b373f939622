import type { PulumiCommand } from "@pulumi/pulumi/automation";
import { engineFor, EngineStack } from "./engine";
import type { StackOptions } from "./options";

/** Gives a suite stacks of the real engine, and removes them after it; if there is no engine, the suite is skipped. */
export function engineStacks(options: StackOptions = {}): (program: () => void) => Promise<EngineStack> {
  let engine: PulumiCommand;
  const stacks: EngineStack[] = [];
  before(async function () {
    engine = await engineFor(this);
  });
  after(() => {
    for (const stack of stacks) stack.remove();
  });
  return async (program) => {
    const stack = await EngineStack.create(engine, program, options);
    stacks.push(stack);
    return stack;
  };
}
