import assert from "node:assert/strict";
import { isAnalysis } from "../../policypack/run/pulumi-run";

const served = ["node", "/pack/node_modules/@pulumi/pulumi/cmd/run-policy-pack/index.js"];

describe("the mode of a run", () => {
  const table: [string, NodeJS.ProcessEnv, string[], boolean][] = [
    ["an analysis where the engine serves the pack and says nothing of a stack", {}, served, true],
    [
      "an analysis with an analyzer on PATH, which runs the folder",
      {},
      ["node", "/pack/node_modules/@pulumi/pulumi/cmd/run-policy-pack"],
      true,
    ],
    ["an analysis on Windows", {}, ["node", "C:\\pack\\cmd\\run-policy-pack\\index.js"], true],
    ["no analysis in an update", { PULUMI_DRY_RUN: "false", PULUMI_STACK: "dev" }, served, false],
    ["no analysis under an older engine's update", { PULUMI_NODEJS_DRY_RUN: "false" }, served, false],
    ["no analysis where only the stack is told", { PULUMI_NODEJS_STACK: "dev" }, served, false],
    ["no analysis where a script calls the policies", {}, ["node", "/srv/run-policy-packs.js"], false],
    ["no analysis where there is no script", {}, ["node"], false],
  ];
  for (const [title, env, argv, expected] of table)
    it(`is ${title}`, () => {
      assert.equal(isAnalysis(env, argv), expected);
    });
});
