import assert from "node:assert/strict";
import { isAnalysis, isServedByEngine } from "../../policypack/run/pulumi-run";

const served = ["node", "/pack/node_modules/@pulumi/pulumi/cmd/run-policy-pack/index.js"];

describe("the mode of a run", () => {
  const table: [string, NodeJS.ProcessEnv, string[], boolean][] = [
    ["an analysis if the engine serves the pack and names no stack", {}, served, true],
    [
      "an analysis with an analyzer on PATH, which runs the folder",
      {},
      ["node", "/pack/node_modules/@pulumi/pulumi/cmd/run-policy-pack"],
      true,
    ],
    ["an analysis on Windows", {}, ["node", "C:\\pack\\cmd\\run-policy-pack\\index.js"], true],
    ["an analysis if the engine runs the pack's file itself", {}, ["node", "/pack/bin/pack.js"], true],
    [
      "an analysis if a person set PULUMI_STACK for the CLI",
      { PULUMI_STACK: "dev", PULUMI_DRY_RUN: "false" },
      served,
      true,
    ],
    ["not an analysis in an update", { PULUMI_NODEJS_DRY_RUN: "false" }, served, false],
    ["not an analysis if only the stack is named", { PULUMI_NODEJS_STACK: "dev" }, served, false],
    ["not an analysis if a script calls the policies", {}, ["node", "/srv/run-policy-packs.js"], false],
    ["not an analysis if there is no script", {}, ["node"], false],
  ];
  for (const [title, env, argv, expected] of table)
    it(`is ${title}`, () => {
      assert.equal(isAnalysis(env, argv), expected);
    });

  it("takes no other program named pack.js for the pack", () => {
    assert.equal(isServedByEngine(["node", "/srv/tools/pack.js"]), false);
  });
});
