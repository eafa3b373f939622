import assert from "node:assert/strict";
import type { PolicyEvent } from "@pulumi/pulumi/automation";
import { declare, renamed } from "../../support/engine/declared";
import type { EngineStack } from "../../support/engine/engine";
import { urnOf } from "../../support/engine/fake-engine";
import { engineStacks } from "../../support/engine/stacks";
import { verdicts } from "../../support/engine/verdicts";
import { definitions } from "../../policypack/policies";
import { brokenNetworks } from "../policies/programs/broken-networks";
import { brokenRoles } from "../policies/programs/broken-roles";
import { goodNetworks } from "../policies/programs/good-networks";
import { goodRoles } from "../policies/programs/good-roles";
import { goodNativeNetworks } from "../policies/programs/native-networks";

/** No image is looked up: only what the program says is judged. */
const configs = [Object.fromEntries(definitions.map(({ name }) => [name, { enforcementLevel: "disabled" }]))];

const good = { ...goodRoles, ...goodNetworks, ...goodNativeNetworks };

/** One of their resources silences a rule in the whole stack, so each of these has a stack of its own. */
const alone = [
  "a PolicyAttachment",
  "an exclusive list of attachments",
  "VPC endpoints",
  "a closed subnet and a private endpoint",
  "aws-native with a VPC endpoint",
];

/** Broken programs, which stand among the good ones: as long as each is reported, none of the good ones silences a rule for the others. */
const broken = [
  ...renamed(brokenNetworks["a public subnet without a public IP"]![0], "public-"),
  ...renamed(brokenNetworks["no egress"]![0], "closed-"),
  ...renamed(brokenRoles["no permission at all"]![0], "unpermitted-"),
  ...renamed(brokenRoles["a trust policy for EC2"]![0], "untrusted-"),
];
const reported = [
  "execution-role mandatory unpermitted-web",
  "execution-role mandatory untrusted-web",
  "task-network mandatory closed-web",
  "task-network mandatory public-web",
];
const reportedOnceAllExists = [
  "execution-role advisory unpermitted-web",
  "execution-role advisory untrusted-web",
  "task-network advisory public-web",
];

const found = (violations: readonly PolicyEvent[]) =>
  verdicts(
    violations.map(({ policyName, enforcementLevel, resourceUrn = "", message }) => ({
      policy: policyName,
      level: enforcementLevel,
      urn: resourceUrn,
      message,
    })),
  );

describe("with the real Pulumi engine, good programs", function () {
  this.timeout(600_000);
  const engineStack = engineStacks();
  const together = Object.entries(good).filter(([title]) => !alone.includes(title));
  const programs = [...broken, ...together.flatMap(([, program], i) => renamed(program, `p${i}-`))];
  let stack: EngineStack;

  before(async () => {
    stack = await engineStack(() => {
      declare(programs);
    });
  });

  it("are at least 60, in the shapes that people write", () => {
    assert.ok(Object.keys(good).length >= 60);
    assert.deepEqual(
      alone.filter((title) => !(title in good)),
      [],
    );
  });

  it("are silent in a preview that creates some of their resources (--target)", async () => {
    const target = programs.filter((_, i) => i % 3 === 0).map(urnOf);
    const { violations } = await stack.preview({ configs, selection: { target } });
    assert.deepEqual(
      found(violations).filter((one) => !reported.includes(one)),
      [],
    );
  });

  it("are silent in the first preview, among broken ones that are reported", async () => {
    const run = await stack.preview({ configs });
    assert.deepEqual(found(run.violations), reported);
  });

  it("are silent in the update, and then in another preview", async () => {
    const update = await stack.up({ configs });
    assert.equal(update.passed, true, update.output.slice(-2_000));
    assert.deepEqual(found(update.violations), []);
    const preview = await stack.preview({ configs });
    assert.deepEqual(found(preview.violations), reportedOnceAllExists);
  });

  for (const title of alone)
    it(`are silent in previews and update: ${title}`, async () => {
      const own = await engineStack(() => {
        declare(good[title]!);
      });
      for (const run of [
        await own.preview({ configs }),
        await own.up({ configs }),
        await own.preview({ configs }),
      ]) {
        assert.equal(run.passed, true, run.output);
        assert.deepEqual(found(run.violations), []);
      }
    });
});
