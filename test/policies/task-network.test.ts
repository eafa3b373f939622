import assert from "node:assert/strict";
import type { Declared } from "../../support/engine/declared";
import { assertSilent, verdicts, violationsOf } from "../../support/engine/verdicts";
import { brokenNetworks } from "./programs/broken-networks";
import { brokenCommonTasks } from "./programs/broken-common-tasks";
import { goodCommonNetworks } from "./programs/common-networks";
import { goodCommonTasks } from "./programs/common-tasks";
import { goodNetworks } from "./programs/good-networks";
import { brokenNativeNetworks, goodNativeNetworks } from "./programs/native-networks";
import { sg, service, ecr, publicNet } from "./programs/networks";
import { brokenOddNetworks, goodOddNetworks } from "./programs/odd-networks";
import { brokenOutputNetworks, goodOutputNetworks } from "./programs/output-networks";
import { brokenTaskRuns, forms, goodTaskRuns, run, runners } from "./programs/task-runs";

describe("the network of a task", () => {
  for (const [title, program] of Object.entries({
    ...goodNetworks,
    ...goodOddNetworks,
    ...goodNativeNetworks,
    ...goodOutputNetworks,
    ...goodTaskRuns,
    ...goodCommonNetworks,
    ...goodCommonTasks,
  }))
    it(`is fine: ${title}`, () => assertSilent(program));

  for (const [title, [program, first, second]] of Object.entries({
    ...brokenNetworks,
    ...brokenOddNetworks,
    ...brokenNativeNetworks,
    ...brokenOutputNetworks,
    ...brokenTaskRuns,
    ...brokenCommonTasks,
  }))
    it(`is reported: ${title}`, async () => {
      const expected = (list: readonly string[]) => list.map((one) => `task-network ${one}`);
      assert.deepEqual(verdicts(await violationsOf(program, "first")), expected(first));
      assert.deepEqual(verdicts(await violationsOf(program, "second")), expected(second));
    });

  it("is not judged if --target leaves parts out", async () => {
    const program = [...ecr, ...publicNet, sg, service()];
    for (const { name } of program) {
      if (["exec", "exec-policy", "task", "vpc", "igw", "sg"].includes(name)) continue;
      const partial = program.map((one): Declared =>
        one.name === name ? { ...one, state: "untargeted" } : one,
      );
      const found = await violationsOf(partial, "first");
      assert.deepEqual(verdicts(found), [], name);
    }
  });

  it("is named: service, subnet, route table and both cures, in 80 columns", async () => {
    const [found] = await violationsOf([...ecr, ...publicNet, sg, service()], "first");
    for (const wanted of [/`web`/, /`a`, route table `rt`/, /assignPublicIp: true/, /natGatewayId/])
      assert.match(found?.message ?? "", wanted);
    assert.ok(found?.message.split("\n").every((line) => line.length <= 80));
  });

  it("is named with the kind of resource that runs the tasks, and its own form of the cure", async () => {
    const cures: Record<string, readonly [noun: RegExp, cure: RegExp]> = {
      "a task set": [/^task set `web` \(aws:ecs\/taskSet:TaskSet\)$/m, /^ {2}assignPublicIp: true$/m],
      "an event target": [/The tasks of this event target/, /event target's networkConfiguration/],
      "a schedule": [/^schedule `web`/m, /^ {2}assignPublicIp: true$/m],
      "a pipe": [/^pipe +`web`/m, /^ {2}assignPublicIp: "ENABLED"$/m],
      "an event rule of aws-native": [/^event rule `web`/m, /^ {2}assignPublicIp: "ENABLED"$/m],
    };
    for (const [title, wanted] of Object.entries(cures)) {
      const program = [...runners, ...ecr, ...publicNet, sg, run(forms[title]!)];
      const [found] = await violationsOf(program, "first");
      for (const pattern of wanted) assert.match(found?.message ?? "", pattern);
      assert.ok(found?.message.split("\n").every((line) => line.length <= 80));
    }
  });
});
