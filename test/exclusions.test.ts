import assert from "node:assert/strict";
import { findExclusion } from "../policypack/exclusions";
import { referenceIn } from "../policypack/oci/reference";

const ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
const digest = `sha256:${"a".repeat(64)}`;

describe("an exclusion", () => {
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
    ["nginx:1", `nginx:1@${digest}`, true],
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
      const found = findExclusion([{ image: pattern, reason: "test" }], image, referenceIn(image));
      assert.equal(found !== undefined, covered);
    });
  }
});
