import assert from "node:assert/strict";
import { findExemption } from "../../policypack/exemptions/exemptions";
import { referenceIn } from "../../policypack/oci/reference";
import type { Exclusion } from "../../policypack/settings";

const ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
const digest = `sha256:${"a".repeat(64)}`;

describe("an exemption", () => {
  const cases: [pattern: string, image: string, covered: boolean][] = [
    ["nginx", "nginx", true],
    ["nginx", "nginx:1.27", true],
    ["nginx", `nginx@${digest}`, true],
    ["nginx", "library/nginx:1", false],
    ["docker.io/library/nginx", "nginx:1", true],
    ["docker.io/library/*", "nginx", true],
    ["docker.io/library/nginx:latest", "nginx", true],
    ["nginx:1.*", "nginx:1.27", true],
    ["nginx:1.*", "nginx:2.0", false],
    // The digest is what is pulled, whatever the tag says.
    ["nginx:1", `nginx:1@${digest}`, false],
    ["nginx:*", `nginx:1@${digest}`, false],
    ["docker.io/library/nginx:1", `nginx:1@${digest}`, false],
    ["**:1", `nginx:1@${digest}`, false],
    ["docker.io/**", `nginx:1@${digest}`, true],
    ["nginx", `nginx:1@${digest}`, true],
    [`nginx@${digest}`, `nginx:1@${digest}`, true],
    [`nginx:1@${digest}`, `nginx:1@${digest}`, true],
    [`docker.io/library/nginx@${digest}`, `nginx:1@${digest}`, true],
    [`nginx:2@${digest}`, `nginx:1@${digest}`, false],
    [`nginx@sha256:${"b".repeat(64)}`, `nginx:1@${digest}`, false],
    ["nginx@*", `nginx:1@${digest}`, true],
    ["nginx@*", "nginx:1", false],
    ["nginx:1@*", `nginx@${digest}`, false],
    [`${ecr}/legacy/*`, `${ecr}/legacy/app:1`, true],
    [`${ecr}/legacy/*`, `${ecr}/legacy/team/app:1`, false],
    [`${ecr}/legacy/**`, `${ecr}/legacy/team/app:1`, true],
    [`*/legacy/app`, `${ecr}/legacy/app:1`, true],
    ["127.0.0.1:5000/app", "127.0.0.1:5000/app:tag", true],
    ["127.0.0.1:*/app", "127.0.0.1:5000/app:tag", true],
    ["nginx", "nginx-unprivileged", false],
    ["n.inx", "nginx", false],
    ["bad name", "bad name", true],
    ["**", "anything/at:all", true],
  ];
  for (const [pattern, image, covered] of cases) {
    it(`\`${pattern}\` ${covered ? "covers" : "does not cover"} ${image}`, () => {
      const found = findExemption([{ image: pattern, reason: "test" }], subject(image), "2026-11-24");
      assert.equal(found?.state === "in-force", covered);
    });
  }

  const places: [exclusion: Omit<Exclusion, "reason">, covered: boolean][] = [
    [{ stack: "dev" }, true],
    [{ stack: "shop/dev" }, true],
    [{ stack: "shop/*" }, true],
    [{ stack: "prod" }, false],
    [{ resource: "web" }, true],
    [{ resource: "w*b" }, true],
    [{ resource: "**TaskDefinition::web" }, true],
    [{ resource: "worker" }, false],
    [{ image: "nginx", stack: "dev", resource: "web" }, true],
    [{ image: "nginx", stack: "prod", resource: "web" }, false],
    [{ image: "redis", stack: "dev" }, false],
  ];
  for (const [exclusion, covered] of places) {
    it(`${JSON.stringify(exclusion)} ${covered ? "covers" : "does not cover"} nginx of web in shop/dev`, () => {
      const found = findExemption([{ ...exclusion, reason: "test" }], subject("nginx"), "2026-11-24");
      assert.equal(found !== undefined, covered);
    });
  }

  it("holds through its last day, and has ended after it", () => {
    const exclusion = { image: "nginx", until: "2026-11-24", reason: "test" };
    assert.equal(findExemption([exclusion], subject("nginx"), "2026-11-24")?.state, "in-force");
    assert.equal(findExemption([exclusion], subject("nginx"), "2026-11-25")?.state, "ended");
  });

  it("that holds comes before one that has ended", () => {
    const ended = { image: "nginx", until: "2020-01-01", reason: "old" };
    const holding = { image: "**", reason: "new" };
    const found = findExemption([ended, holding], subject("nginx"), "2026-11-24");
    assert.deepEqual(found, { state: "in-force", exclusion: holding });
  });
});

function subject(image: string) {
  const urn = "urn:pulumi:dev::shop::aws:ecs/taskDefinition:TaskDefinition::web";
  return { image, reference: referenceIn(image), resource: { name: "web", urn } };
}
