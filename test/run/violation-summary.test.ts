import assert from "node:assert/strict";
import { ViolationSummary } from "../../policypack/run/violation-summary";

const urn = (name: string) => `urn:pulumi:dev::shop::aws:ecs/taskDefinition:TaskDefinition::${name}`;

describe("the line that sums up the violations of a preview", () => {
  it("is left out if there are none", () => {
    assert.equal(new ViolationSummary().line, undefined);
  });

  it("counts the violations and names each policy with its resources, once", () => {
    const summary = new ViolationSummary();
    summary.add("mixed-layer-compression", urn("api"));
    summary.add("mixed-layer-compression", urn("api"));
    summary.add("task-network", urn("web"));
    assert.equal(summary.line, "3 violations: mixed-layer-compression (api), task-network (web)");
  });

  it("counts resources beyond the fifth, and shows no control characters of a name", () => {
    const summary = new ViolationSummary();
    for (const name of ["a", "b\u001b[2J", "c", "d", "e", "f", "g"]) summary.add("missing-image", urn(name));
    assert.equal(summary.line, "7 violations: missing-image (a, b\uFFFD[2J, c, d, e and 2 more)");
  });
});
