import assert from "node:assert/strict";
import type { PolicyEvent } from "@pulumi/pulumi/automation";
import { type Declared, declare, renamed } from "../../support/engine/declared";
import type { EngineStack } from "../../support/engine/engine";
import { urnOf } from "../../support/engine/fake-engine";
import { engineStacks } from "../../support/engine/stacks";
import { verdicts } from "../../support/engine/verdicts";
import { definitions } from "../../policypack/policies";
import { brokenNetworks } from "../policies/programs/broken-networks";
import { brokenRoles } from "../policies/programs/broken-roles";
import { goodCommonNetworks } from "../policies/programs/common-networks";
import { goodCommonTasks } from "../policies/programs/common-tasks";
import { goodNetworks } from "../policies/programs/good-networks";
import { goodRoles } from "../policies/programs/good-roles";
import { goodNativeNetworks } from "../policies/programs/native-networks";
import { goodOddNetworks } from "../policies/programs/odd-networks";
import { goodOddRoles } from "../policies/programs/odd-roles";
import { goodOutputNetworks } from "../policies/programs/output-networks";
import { goodTaskRuns } from "../policies/programs/task-runs";
import { goodPolicyForms } from "../policies/programs/policy-forms";

/** No image is looked up: only what the program says is judged. */
const configs = [Object.fromEntries(definitions.map(({ name }) => [name, { enforcementLevel: "disabled" }]))];

/** One program for each kind of resource that runs tasks is enough here. */
const oneOfEach = Object.entries(goodTaskRuns).filter(([title]) => title.endsWith(" with a NAT gateway"));

/** Whether the stand-in provider has all its types, and nothing stands in AWS before the program. */
const isReal = ([, program]: readonly [string, readonly Declared[]]) =>
  program.every(({ type, state }) => /^(?:aws|aws-native|docker-build):/.test(type) && state !== "existing");

const good: Record<string, readonly Declared[]> = {
  ...Object.fromEntries(
    [
      ...oneOfEach,
      ...[goodOutputNetworks, goodCommonNetworks, goodCommonTasks].flatMap((all) => Object.entries(all)),
    ].filter(isReal),
  ),
  ...goodRoles,
  ...goodOddRoles,
  ...goodPolicyForms,
  ...goodNetworks,
  ...goodOddNetworks,
  ...goodNativeNetworks,
};

/** Each of these silences a rule for its whole stack, so only programs that are silent for another reason share one with it. */
const alone = [
  ["a PolicyAttachment", "VPC endpoints"],
  ["an exclusive list of attachments", "aws-native with a VPC endpoint"],
  ["an exclusive list of inline policies", "a closed subnet and a private endpoint"],
  ["a role's name and an ARN that `policy analyze` cannot decrypt"],
  [
    "interface endpoints, a gateway endpoint for S3, and egress to both",
    "endpoints for ECR in a public subnet",
    "an endpoint whose service is not known",
    "an endpoint of a gateway load balancer",
    "egress to the group itself and to that of the endpoints",
    "a route of the VPC's main table, which a subnet uses",
    "routes that a VPN gateway propagates",
    "rules that an exclusive resource lists",
  ],
] as const;

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
  // The state of some hundred resources is long, and the engine writes it after each of them otherwise.
  const environment = { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };
  const engineStack = engineStacks({ environment });
  const titlesAlone: readonly string[] = alone.flat();
  const together = Object.entries(good).filter(([title]) => !titlesAlone.includes(title));
  const programs = [...broken, ...together.flatMap(([, program], i) => renamed(program, `p${i}-`))];
  let stack: EngineStack;

  before(async () => {
    stack = await engineStack(() => {
      declare(programs);
    });
  });

  it("are at least 100, in the shapes that people write", () => {
    assert.ok(Object.keys(good).length >= 100);
    assert.deepEqual(
      titlesAlone.filter((title) => !(title in good)),
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

  it("are silent in previews and update where one of them silences a rule", async () => {
    const judged = alone.map(async (titles) => {
      const own = await engineStack(() => {
        declare(titles.flatMap((title, i) => renamed(good[title]!, `p${i}-`)));
      });
      for (const run of [
        () => own.preview({ configs }),
        () => own.up({ configs }),
        () => own.preview({ configs }),
      ]) {
        const { passed, violations, output } = await run();
        assert.equal(passed, true, output);
        assert.deepEqual(found(violations), [], titles.join());
      }
    });
    await Promise.all(judged);
  });
});
