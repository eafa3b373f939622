import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cases } from "../../bench/cases";
import { chart } from "../../bench/chart";
import { atMost, partOfTime } from "../../bench/figure";
import { goals, missingGoals } from "../../bench/goals";

const folder = join(__dirname, "../../bench/cases");
const sources = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));

describe("the benchmark", () => {
  for (const { goal, case: name, figure } of goals)
    it(`measures whether this is reached: ${goal}`, () => {
      assert.ok(
        cases.some((one) => one.name === name),
        `there is no case ${name}`,
      );
      const own = sources.filter((source) => source.includes(`name: "${name}"`));
      assert.equal(own.length, 1, `${own.length} files have the case ${name}`);
      assert.ok(own[0]?.includes(JSON.stringify(figure)), `the case ${name} has no figure "${figure}"`);
    });

  it("reports a goal that a case no longer measures, or could not measure", () => {
    const [goal, ...others] = goals.filter(({ case: name }) => name === "ecr");
    assert.ok(goal && others.length > 0);
    const report = { figures: [atMost(goal.figure, 1, 2, "calls")], remarks: [] };
    assert.deepEqual(missingGoals([{ name: "ecr", title: "", report }]), others);
    assert.deepEqual(missingGoals([{ name: "ecr", title: "", error: "no engine" }]), [goal, ...others]);
    assert.deepEqual(missingGoals([]), []);
  });

  it("draws each time that it compares as a bar in proportion, ours first, with its name and value", () => {
    const base = { name: "`crane manifest`", times: [5_000] };
    const { bars = [] } = partOfTime("wall time", [1_250], base, { words: "1/4", value: 0.25 });
    const picture = chart("Costs", [{ title: "200 images <over TLS>", bars }]);
    const drawn = picture.elements.join("\n");
    const widths = [...drawn.matchAll(/<rect [^>]*width="([\d.]+)" height="18"/g)].map(([, width]) =>
      Number(width),
    );
    assert.equal(widths.length, 2);
    assert.ok(Math.abs((widths[0] ?? NaN) / (widths[1] ?? NaN) - 0.25) < 0.001, widths.join());
    for (const words of [
      "200 images &lt;over TLS&gt;",
      ">ecs-image-guard<",
      ">crane manifest<",
      ">1.25 s<",
      ">5.00 s<",
    ])
      assert.ok(drawn.includes(words), words);
    assert.ok(widths.every((width) => width < picture.width));
  });
});
