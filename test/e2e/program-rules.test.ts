import assert from "node:assert/strict";
import { type Declared, declare, json, ref } from "../../support/engine/declared";
import { engineStacks } from "../../support/engine/stacks";
import { attach, hubImage, role, task, trust } from "../../support/engine/fragments";
import { definitions } from "../../policypack/policies";
import { goodNetworks } from "../policies/programs/good-networks";
import { closedNet, group, ip, publicNet, service, sg } from "../policies/programs/networks";

/** No image is looked up: only what the program says is judged. */
const configs = [Object.fromEntries(definitions.map(({ name }) => [name, { enforcementLevel: "disabled" }]))];

const found = (
  violations: readonly { policyName: string; enforcementLevel: string; resourceUrn?: string }[],
) =>
  violations.map(
    ({ policyName, enforcementLevel, resourceUrn = "" }) =>
      `${policyName} ${enforcementLevel} ${resourceUrn.split("::").at(-1) ?? ""}`,
  );

const untrusted: readonly Declared[] = [
  role("bad", { assumeRolePolicy: json(trust("ec2.amazonaws.com")) }),
  task("bad-task", hubImage, { executionRoleArn: ref("bad", "arn") }),
];
const hub = [role("exec"), attach("exec-policy", ref("exec", "name")), task("task", hubImage)];

describe("with the real Pulumi engine, a program's roles and network", function () {
  this.timeout(300_000);
  const engineStack = engineStacks();

  it("are reported in a preview, one link broken at a time", async () => {
    for (const [program, expected] of [
      [[...hub, ...publicNet, sg, service()], "task-network mandatory web"],
      [[...hub, ...closedNet, sg, service()], "task-network mandatory web"],
      [[...hub, ...publicNet, group(), service(ip)], "task-network mandatory web"],
      [untrusted, "execution-role mandatory bad-task"],
    ] as const) {
      const stack = await engineStack(() => {
        declare(program);
      });
      const run = await stack.preview({ configs });
      assert.deepEqual(found(run.violations), [expected], run.output);
    }
  });

  it("are silent in the preview, the update and the second preview of a good program", async () => {
    const program = goodNetworks["a route through a NAT gateway"]!;
    const stack = await engineStack(() => {
      declare(program);
    });
    for (const run of [
      await stack.preview({ configs }),
      await stack.up({ configs }),
      await stack.preview({ configs }),
    ]) {
      assert.equal(run.passed, true, run.output);
      assert.deepEqual(found(run.violations), []);
    }
  });
});
