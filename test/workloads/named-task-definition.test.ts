import assert from "node:assert/strict";
import { parseTaskDefinitionName, taskDefinitionNames } from "../../policypack/workloads";
import { previewed, UNKNOWN } from "../../support/pulumi/previewed";

const rule = "aws-native:events:Rule";
const target = (taskDefinitionArn: unknown) => ({ ecsParameters: { taskDefinitionArn } });

describe("the name of a task definition", () => {
  const names: [name: string, parsed: object | undefined][] = [
    ["web", { family: "web" }],
    ["web_2-x:12", { family: "web_2-x", revision: "12" }],
    [
      "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:7",
      { family: "web", revision: "7", region: "eu-west-1", account: "123456789012" },
    ],
    [
      "arn:aws-us-gov:ecs:us-gov-west-1:123456789012:task-definition/web",
      { family: "web", region: "us-gov-west-1", account: "123456789012" },
    ],
    ["", undefined],
    ["web:", undefined],
    ["web:latest", undefined],
    ["team/web", undefined],
    ["a".repeat(256), undefined],
    ["arn:aws:ecs:eu-west-1:123456789012:service/web", undefined],
    ["arn:aws:ecs:eu-west-1:1:task-definition/web:7", undefined],
    ["Calling [toString] on an [Output<T>] is not supported.", undefined],
  ];
  for (const [name, parsed] of names)
    it(`is ${parsed === undefined ? "not taken from" : "read in"} ${JSON.stringify(name.slice(0, 70))}`, () => {
      assert.deepEqual(parseTaskDefinitionName(name), parsed);
    });

  const places: [why: string, type: string, props: unknown, paths: string[]][] = [
    ["each element of a list", rule, { targets: [target("a"), {}, target("b")] }, [0, 2].map(placeOf)],
    ["unknown elements", rule, { targets: [UNKNOWN.object, target("b")] }, [placeOf(1)]],
    ["an unknown list", rule, { targets: UNKNOWN.array }, []],
    ["a value that is not a list", rule, { targets: target("a") }, []],
    ["a name that is not a text", rule, { targets: [target(7), target(null), target({})] }, []],
    ["a resource of another kind", "aws:s3/bucket:Bucket", { taskDefinition: "a" }, []],
    ["no object at all", rule, "text", []],
  ];
  for (const [why, type, props, paths] of places)
    it(`is located at its property: ${why}`, () => {
      const given = typeof props === "object" ? previewed(props as Record<string, unknown>) : props;
      assert.deepEqual(
        taskDefinitionNames(type, given).names.map(({ path }) => path),
        paths,
      );
    });

  it("that is a secret which could not be decrypted is reported as unreadable", () => {
    const { names, unreadable } = taskDefinitionNames("aws:ecs/service:Service", {
      taskDefinition: "[secret]",
    });
    assert.deepEqual(names, []);
    assert.deepEqual(
      unreadable.map(({ reason, path }) => [reason, path]),
      [["redacted", "taskDefinition"]],
    );
  });
});

function placeOf(i: number): string {
  return `targets[${i}].ecsParameters.taskDefinitionArn`;
}
