import assert from "node:assert/strict";
import { isAnalysis, isServedByEngine } from "../../policypack/run/pulumi-run";

const served = ["node", "/pack/node_modules/@pulumi/pulumi/cmd/run-policy-pack/index.js"];
const packFile = ["node", "/pack/bin/pack.js"];

describe("the mode of a run", () => {
  const table: [string, NodeJS.ProcessEnv, string[], boolean, boolean][] = [
    ["an analysis if the engine serves the pack and names no stack", {}, served, true, true],
    ["an analysis if a host runs a pack of another author and names no stack", {}, served, false, true],
    [
      "an analysis with an analyzer on PATH, which runs the folder",
      {},
      ["node", "/pack/node_modules/@pulumi/pulumi/cmd/run-policy-pack"],
      true,
      true,
    ],
    ["an analysis on Windows", {}, ["node", "C:\\pack\\cmd\\run-policy-pack\\index.js"], true, true],
    ["an analysis if the engine runs the pack's file itself", {}, packFile, true, true],
    [
      "not an analysis if the engine runs the file of a pack that hears of no stack",
      {},
      packFile,
      false,
      false,
    ],
    [
      "an analysis if a person set PULUMI_STACK for the CLI",
      { PULUMI_STACK: "dev", PULUMI_DRY_RUN: "false" },
      served,
      true,
      true,
    ],
    ["not an analysis in an update", { PULUMI_NODEJS_DRY_RUN: "false" }, served, true, false],
    ["not an analysis if only the stack is named", { PULUMI_NODEJS_STACK: "dev" }, served, true, false],
    ["not an analysis if a script calls the policies", {}, ["node", "/srv/run-policy-packs.js"], true, false],
    ["not an analysis if there is no script", {}, ["node"], true, false],
  ];
  for (const [title, env, argv, listens, expected] of table)
    it(`is ${title}`, () => {
      assert.equal(isAnalysis(env, argv, listens), expected);
    });

  it("does not take another program named pack.js for the pack", () => {
    assert.equal(isServedByEngine(["node", "/srv/tools/pack.js"]), false);
  });
});
