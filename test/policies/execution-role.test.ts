import assert from "node:assert/strict";
import { format } from "prettier";
import { type Declared, json, ref } from "../../support/engine/declared";
import {
  allow,
  ecrImage,
  hubImage,
  inlinePolicy,
  nativeRole,
  nativeTask,
  pull,
  role,
  task,
} from "../../support/engine/fragments";
import { assertSilent, verdicts, violationsOf } from "../../support/engine/verdicts";
import { brokenRoles } from "./programs/broken-roles";
import { goodCaches } from "./programs/good-caches";
import { goodRoles } from "./programs/good-roles";
import { brokenOddRoles, goodOddRoles } from "./programs/odd-roles";
import { brokenPolicyForms, goodPolicyForms } from "./programs/policy-forms";
import { arn, cache, exec, good, opaque, repository, secret, statements, without } from "./programs/roles";

describe("the execution role", () => {
  const broken: typeof brokenRoles = { ...brokenRoles, ...brokenOddRoles, ...brokenPolicyForms };
  for (const [title, program] of Object.entries({
    ...goodRoles,
    ...goodOddRoles,
    ...goodPolicyForms,
    ...goodCaches,
  }))
    it(`is fine: ${title}`, () => assertSilent(program));

  for (const [title, [program, first, second]] of Object.entries(broken))
    it(`is reported: ${title}`, async () => {
      const expected = (list: readonly string[]) => list.map((one) => `execution-role ${one}`);
      assert.deepEqual(verdicts(await violationsOf(program, "first")), expected(first));
      if (second !== undefined)
        assert.deepEqual(verdicts(await violationsOf(program, "second")), expected(second));
    });

  it("is not judged if --target leaves parts out", async () => {
    const untargeted = (one: Declared): Declared => ({ ...one, state: "untargeted" });
    for (const program of [
      [untargeted(exec), task("web")],
      [exec, untargeted(good), task("web")],
      [untargeted(exec), untargeted(good), untargeted(task("web"))],
      [untargeted(task("web", ecrImage, without))],
    ])
      assert.deepEqual(verdicts(await violationsOf(program, "first")), []);
  });

  const inline = (policy: object) => [exec, inlinePolicy("p", ref("exec", "name"), policy), task("web")];
  const trusting = (...all: readonly object[]) => [
    role("exec", { assumeRolePolicy: json(statements(...all)) }),
    good,
    task("web"),
  ];
  const assumes = (Principal: object) => ({ Effect: "Allow", Action: "sts:AssumeRole", Principal });
  const job = (props: object, type = "aws:batch/jobDefinition:JobDefinition") => [
    opaque("job", type, { type: "container", platformCapabilities: ["FARGATE"], ...props }),
  ];
  const messages: readonly [what: string, program: readonly Declared[], words: readonly string[]][] = [
    [
      "all that is missing",
      [exec, task("web")],
      [
        "execution role `exec` (aws:iam/role:Role)",
        "allows nothing in Amazon ECR",
        "missing ecr:GetAuthorizationToken on * ecr:BatchGetImage, ecr:GetDownloadUrlForLayer on " +
          repository,
        "role: exec.name, policyArn: aws.iam.ManagedPolicy.AmazonECSTaskExecutionRolePolicy,",
        "role: ${exec.name} policyArn: >- arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
      ],
    ],
    [
      "that only the token is missing, since its statement is for a repository",
      inline(allow(pull, repository)),
      [`allows ${pull.join(", ")} on ${repository} missing ecr:GetAuthorizationToken on * Fix:`],
    ],
    [
      "the one action for layers that is missing",
      inline(allow([...pull.slice(0, 2), "s3:*"])),
      [
        "allows ecr:GetAuthorizationToken, ecr:BatchGetImage on *",
        `missing ecr:GetDownloadUrlForLayer on ${repository} Fix:`,
      ],
    ],
    [
      "the first statements of many",
      inline(statements(...["a", "b", "c", "d", "e"].map((name) => allowing(`${repository}-${name}`)))),
      [`allows ecr:* on ${repository}-a and 4 other statements on ECR missing`],
    ],
    [
      "a role whose name is no variable",
      [role("app-exec"), task("web", ecrImage, { executionRoleArn: ref("app-exec", "arn") })],
      ["role: role.name,", "role: ${app-exec.name}"],
    ],
    [
      "the partition of the image",
      [exec, task("web", "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/app:1")],
      ['policyArn: "arn:aws-cn:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",'],
    ],
    [
      "the list of a role that has one",
      [role("exec", { managedPolicyArns: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"] }), task("web")],
      ['managedPolicyArns: [ "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy", ]'],
    ],
    [
      "the list of a role of aws-native",
      [nativeRole("exec"), nativeTask("web")],
      ["managedPolicyArns: - arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"],
    ],
    [
      "whom a role trusts",
      trusting(assumes({ AWS: [arn("a"), arn("b")], Service: ["ec2.amazonaws.com", "ecs.amazonaws.com"] })),
      ["trusts AWS principals, `ec2.amazonaws.com`, `ecs.amazonaws.com` missing `ecs-tasks.amazonaws.com`"],
    ],
    [
      "a role that only web identities assume",
      trusting({ ...assumes({ Federated: "x" }), Action: "sts:AssumeRoleWithWebIdentity" }),
      ["trusts nobody with sts:AssumeRole missing `ecs-tasks.amazonaws.com`"],
    ],
    [
      "AWS's own words for secrets",
      [task("web", hubImage, without, secret)],
      ["When you are specifying container secrets, you must also specify a value for 'executionRoleArn'."],
    ],
    [
      "the place of a job's role",
      job({ containerProperties: json({ image: hubImage }) }),
      ["job definition `job`", "It is a field of containerProperties. They are a JSON text"],
    ],
    [
      "the place of the role of a job's task",
      job({ ecsProperties: json({ taskProperties: [{ containers: [{ image: hubImage }] }] }) }),
      ["It is a field of taskProperties of ecsProperties. They are a JSON text"],
    ],
    [
      "the place of the role of a job of aws-native",
      job({ containerProperties: { image: hubImage } }, "aws-native:batch:JobDefinition"),
      ["It is a field of containerProperties. The role must"],
    ],
    [
      "what an import through a cache needs",
      [cache, exec, good, task("web")],
      [
        "allows ecr:GetAuthorizationToken, ecr:BatchGetImage, ecr:GetDownloadUrlForLayer on *",
        `missing ecr:BatchImportUpstreamImage, ecr:CreateRepository on ${repository}`,
        'Action: ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"],',
      ],
    ],
  ];
  for (const [what, program, words] of messages)
    it(`is reported in 24 lines, with snippets to paste, and names ${what}`, async () => {
      const [found, ...more] = await violationsOf(program, "first");
      const message = found?.message ?? "";
      assert.deepEqual(more, []);
      const text = message.replaceAll(/\s+/g, " ");
      for (const one of words) assert.ok(text.includes(one), `${one}\n\n${message}`);
      const lines = message.split("\n");
      assert.ok(lines.length <= 24, message);
      assert.ok(
        lines.every((line) => line.length <= 80 || line.includes("arn:aws")),
        message,
      );
      await assertParses(message);
    });
});

function allowing(Resource: string): object {
  return { Effect: "Allow", Action: "ecr:*", Resource };
}

/** The snippets are parts of a program: a statement, an element of a list, or a property. */
async function assertParses(message: string): Promise<void> {
  const [, code = "", yaml = ""] =
    /In TypeScript:\n((?: {2}.*\n)+)In YAML:\n((?: {2}.*(?:\n|$))+)/.exec(message) ?? [];
  assert.ok(code !== "" && yaml !== "", message);
  const trimmed = code.trim();
  const whole = trimmed.startsWith("new ")
    ? trimmed
    : trimmed.startsWith("{")
      ? `f([${trimmed}])`
      : `f({ ${trimmed} })`;
  await format(whole, { parser: "typescript" });
  await format(yaml, { parser: "yaml" });
}
