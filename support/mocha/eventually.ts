import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";

/** Only a test that fails waits so long. It is generous, because the machine may do other work too. */
const limitMs = 20_000;

/** Waits until something holds. */
export async function eventually(holds: () => unknown, what = "it"): Promise<void> {
  const until = performance.now() + limitMs;
  while ((await holds()) !== true) {
    if (performance.now() > until) assert.fail(`waited in vain for ${what}`);
    await delay(10);
  }
}
