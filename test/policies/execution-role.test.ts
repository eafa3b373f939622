import assert from "node:assert/strict";
import type { Declared } from "../../support/engine/declared";
import { ecrImage, task } from "../../support/engine/fragments";
import { assertSilent, verdicts, violationsOf } from "../../support/engine/verdicts";
import { brokenRoles } from "./programs/broken-roles";
import { goodCaches } from "./programs/good-caches";
import { goodRoles } from "./programs/good-roles";
import { brokenOddRoles, goodOddRoles } from "./programs/odd-roles";
import { exec, good, without } from "./programs/roles";

describe("the execution role", () => {
  for (const [title, program] of Object.entries({ ...goodRoles, ...goodOddRoles, ...goodCaches }))
    it(`is fine: ${title}`, () => assertSilent(program));

  for (const [title, [program, first, second]] of Object.entries({ ...brokenRoles, ...brokenOddRoles }))
    it(`is reported: ${title}`, async () => {
      const expected = (list: readonly string[]) => list.map((one) => `execution-role ${one}`);
      assert.deepEqual(verdicts(await violationsOf(program, "first")), expected(first));
      if (second !== undefined)
        assert.deepEqual(verdicts(await violationsOf(program, "second")), expected(second));
    });

  it("is not judged if --target leaves parts out", async () => {
    const untargeted = (one: Declared): Declared => ({ ...one, state: "untargeted" });
    for (const program of [
      [untargeted(exec), task("web")],
      [exec, untargeted(good), task("web")],
      [untargeted(exec), untargeted(good), untargeted(task("web"))],
      [untargeted(task("web", ecrImage, without))],
    ])
      assert.deepEqual(verdicts(await violationsOf(program, "first")), []);
  });
});
