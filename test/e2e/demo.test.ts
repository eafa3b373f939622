import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { blockedPreview, demoOutput, imagesFolder } from "../../scripts/pictures";
import { engineFor } from "../../support/engine/engine";

describe("the demo", () => {
  let output: string;

  before(async function () {
    await engineFor(this);
    output = await demoOutput();
  });

  it("shows the program, the blocked preview, the fix and the passing preview in less than 60 lines", () => {
    const story = stripVTControlCharacters(output);
    // npm prints four lines before it.
    assert.ok(story.trimEnd().split("\n").length + 4 < 60, story);
    let at = -1;
    for (const part of [
      /^ +new TaskDefinition\(/m,
      /^\$ pulumi preview/m,
      /^ +❌ ecs-image-guard@/m,
      /^ +- \[mandatory\].* mixed-layer-compression .*: api\)$/m,
      /number of layers and diffIDs don't match: 3 != 15/,
      /^→ Blocked/m,
      /^The fix: /m,
      /^\$ pulumi preview/m,
      /^ +✅ ecs-image-guard@/m,
      /^Resources:\n {4}\+ 3 to create$/m,
      /^→ Passed/m,
    ]) {
      const next = story.slice(at + 1).search(part);
      assert.ok(next >= 0, `${String(part)} is missing, or in the wrong place:\n${story}`);
      at += 1 + next;
    }
  });

  it("has no warning of the engine", () => {
    assert.doesNotMatch(output, /warning:/);
  });

  it("is what docs/images/blocked-preview.svg shows (npm run pictures)", () => {
    const picture = readFileSync(join(imagesFolder, "blocked-preview.svg"), "utf8");
    assert.equal(withoutDigests(blockedPreview(output)), withoutDigests(picture));
  });
});

/** Node's versions compress the layers differently. */
function withoutDigests(picture: string): string {
  return picture.replaceAll(/sha256:[0-9a-f]{64}/g, "sha256:…");
}
