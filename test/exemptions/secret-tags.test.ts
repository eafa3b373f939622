import assert from "node:assert/strict";
import { tagExemptionOf } from "../../policypack/exemptions/tag-exemption";

const key = "ecs-image-guard:exempt";

/** As `@pulumi/policy` wraps a secret. */
class Secret {
  constructor(readonly value: unknown) {}
}

describe("the tag that exempts a resource", () => {
  const tagged: readonly (readonly [title: string, tags: unknown])[] = [
    ["a secret value", { [key]: new Secret("2027-01-31 hunter2") }],
    ["a secret value of no date", { [key]: new Secret("hunter2") }],
    ["a value of no date, of which the engine does not say that it is secret", { [key]: "hunter2" }],
    ["secret tags", new Secret({ [key]: "2027-01-31 hunter2" })],
    ["a secret value in a list", [{ key, value: new Secret("2027-01-31 hunter2") }]],
    ["a secret entry of a list", [new Secret({ key, value: "2027-01-31 hunter2" })]],
  ];
  for (const [title, tags] of tagged)
    for (const allowed of [true, false])
      it(`has no effect and is not shown with ${title} (${allowed ? "allowed" : "not allowed"})`, () => {
        const found = tagExemptionOf("urn:x", { tags }, allowed);
        assert.ok(found !== undefined && "problem" in found);
        assert.match(found.problem, /has no effect: (?:it is|this configuration)/);
        assert.doesNotMatch(found.problem, /hunter2/);
      });

  it("counts beside a secret tag of another name", () => {
    const tags = { other: new Secret("hunter2"), [key]: "2027-01-31 vendor image" };
    const exclusion = { resource: "urn:x", until: "2027-01-31", reason: "vendor image" };
    assert.deepEqual(tagExemptionOf("urn:x", { tags }, true), { exclusion });
  });
});
