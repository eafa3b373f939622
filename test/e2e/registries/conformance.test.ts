import assert from "node:assert/strict";
import { cases, type Result } from "../../conformance/registries/cases";
import { runRegistries } from "../../conformance/registries/results";
import { missingParts } from "../../conformance/registries/servers";

describe("a real registry gives right verdicts", function () {
  this.timeout(300_000);
  const results: Result[] = [];

  before(async function () {
    const missing = missingParts();
    if (missing.length > 0) {
      const words = `missing here: ${missing.join("; ")}`;
      assert.equal(process.env["CI"], undefined, words);
      console.log(`      ${words}`);
      this.skip();
    }
    await runRegistries((result) => results.push(result));
  });

  for (const { registry, mode, expected } of cases)
    it(`of ${registry}, ${mode}: ${expected}`, () => {
      const result = results.find((one) => one.registry === registry && one.mode === mode);
      assert.ok(result !== undefined, "the row was not run");
      assert.ok(result.agrees, `found: ${result.found}`);
    });
});
