import fc from "fast-check";
import { subjects } from "./subjects";

/** `npm run fuzz` gives them many more, by a seed of its own. */
const runs = { seed: 20261124, numRuns: 150 };

describe("hostile input to any reader", () => {
  const all = subjects();
  after(async () => {
    for (const { close } of all) await close?.();
  });

  for (const { name, property, share = 1 } of all)
    it(`gives a value or an error in safe words: ${name}`, async () => {
      await fc.assert(property, { ...runs, numRuns: Math.ceil(runs.numRuns * share) });
    });
});
