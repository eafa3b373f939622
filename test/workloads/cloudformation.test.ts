import assert from "node:assert/strict";
import fc from "fast-check";
import { imagesOf, isWorkload } from "../../policypack/workloads";
import { previewed, UNKNOWN } from "../../support/pulumi/previewed";

const CONTROL = "aws:cloudcontrol/resource:Resource";
const EXTENSION = "aws-native:index:ExtensionResource";
const STACKS = [
  "aws:cloudformation/stack:Stack",
  "aws:cloudformation/stackSet:StackSet",
  "aws-native:cloudformation:Stack",
  "aws-native:cloudformation:StackSet",
];

/** `container=image platform launch types`, and `path: reason: message`. */
function found(type: string, props: Record<string, unknown>): { uses: string[]; unreadable: string[] } {
  assert.equal(isWorkload(type), true);
  const images = imagesOf(type, previewed(props));
  assert.ok(images !== undefined);
  return {
    uses: images.uses.map(
      ({ container, image, platform, launchTypes }) =>
        `${container}=${image} ${platform.architecture} ${launchTypes.join()}`,
    ),
    unreadable: images.unreadable.map(({ path, reason, message }) => `${path}: ${reason}: ${message}`),
  };
}

const task = {
  ContainerDefinitions: [
    { Name: "web", Image: "web:1" },
    { Name: "side", Image: "side:1" },
  ],
  RequiresCompatibilities: ["FARGATE"],
  RuntimePlatform: { CpuArchitecture: "ARM64" },
};
const TYPES: readonly [type: string, properties: object, uses: readonly string[]][] = [
  ["AWS::ECS::TaskDefinition", task, ["web=web:1 arm64 FARGATE", "side=side:1 arm64 FARGATE"]],
  [
    "AWS::ECS::DaemonTaskDefinition",
    { ContainerDefinitions: [{ Name: "agent", Image: "agent:1" }] },
    ["agent=agent:1 amd64 MANAGED_INSTANCES"],
  ],
  [
    "AWS::ECS::ExpressGatewayService",
    { PrimaryContainer: { Image: "shop:1" } },
    ["primary container=shop:1 amd64 FARGATE"],
  ],
  [
    "AWS::Batch::JobDefinition",
    { PlatformCapabilities: ["FARGATE"], ContainerProperties: { Image: "job:1" } },
    ["container=job:1 amd64 FARGATE"],
  ],
  ["AWS::ECS::Service", { TaskDefinition: "web:1" }, []],
  ["AWS::S3::Bucket", { Image: "web:1" }, []],
];

const template = (resources: object) => JSON.stringify({ Resources: resources });
const taskOf = (properties: object) => ({
  Task: { Type: "AWS::ECS::TaskDefinition", Properties: properties },
});
const at = "templateBody.Resources.Task.Properties";

for (const [cloudFormationType, properties, uses] of TYPES)
  describe(`properties of CloudFormation's type ${cloudFormationType}`, () => {
    const read = { uses, unreadable: [] };

    it("are read from a resource of Cloud Control", () => {
      const props = { typeName: cloudFormationType, desiredState: JSON.stringify(properties) };
      assert.deepEqual(found(CONTROL, props), read);
    });

    it("are read from a resource that aws-native has no type for", () => {
      assert.deepEqual(found(EXTENSION, { type: cloudFormationType, properties }), read);
    });

    for (const type of STACKS)
      it(`are read from the template of a stack (${type})`, () => {
        const templateBody = template({
          Other: { Type: "AWS::S3::Bucket" },
          It: { Type: cloudFormationType, Properties: properties },
        });
        assert.deepEqual(found(type, { templateBody }), read);
      });
  });

describe("a resource of Cloud Control", () => {
  const typeName = "AWS::ECS::TaskDefinition";
  const cases: readonly [what: string, desiredState: unknown, unreadable: string][] = [
    [
      "unknown properties",
      UNKNOWN.string,
      "desiredState: unknown: the properties are known only during the update",
    ],
    [
      "properties that are not JSON",
      "{",
      "desiredState: malformed: the properties are not valid JSON at line 1, column 2: the text ends too early",
    ],
    ["no properties", undefined, "desiredState: malformed: there are no properties"],
    ["a list of properties", "[]", "desiredState: malformed: the properties are an array, not an object"],
    [
      "no containers",
      "{}",
      "desiredState.containerDefinitions: malformed: there are no container definitions",
    ],
    [
      "a container without an image",
      '{"ContainerDefinitions":[{"Name":"web"}]}',
      "desiredState.containerDefinitions[0].image: malformed: there is no image",
    ],
  ];
  for (const [what, desiredState, unreadable] of cases)
    it(`is reported with ${what}`, () => {
      assert.deepEqual(found(CONTROL, { typeName, desiredState }), { uses: [], unreadable: [unreadable] });
    });

  it("is not reported if it is unknown and runs no containers", () => {
    const props = { typeName: "AWS::S3::Bucket", desiredState: UNKNOWN.string };
    assert.deepEqual(found(CONTROL, props), { uses: [], unreadable: [] });
  });
});

describe("a template of CloudFormation", () => {
  const [type = ""] = STACKS;
  const image = (value: unknown) => taskOf({ ContainerDefinitions: [{ Name: "web", Image: value }] });
  const computed: readonly [what: string, resources: object, unreadable: string][] = [
    [
      "an image",
      image({ Ref: "Image" }),
      `${at}.containerDefinitions[0].image: unsupported: the image is computed by CloudFormation`,
    ],
    [
      "a part of an image",
      image({ "Fn::Sub": "web:${Tag}" }),
      `${at}.containerDefinitions[0].image: unsupported: the image is computed by CloudFormation`,
    ],
    [
      "an image in a dynamic reference",
      image("{{resolve:ssm:/web/image}}"),
      `${at}.containerDefinitions[0].image: unsupported: the image is computed by CloudFormation`,
    ],
    [
      "a container",
      taskOf({ ContainerDefinitions: [{ "Fn::If": ["A", {}, {}] }] }),
      `${at}.containerDefinitions[0]: unsupported: the container is computed by CloudFormation`,
    ],
    [
      "the containers",
      taskOf({ ContainerDefinitions: { "Fn::If": ["A", [], []] } }),
      `${at}.containerDefinitions: unsupported: the container definitions are computed by CloudFormation`,
    ],
    [
      "the architecture",
      taskOf({
        ...task,
        ContainerDefinitions: [{ Name: "web", Image: "web:1" }],
        RuntimePlatform: { CpuArchitecture: { Ref: "Cpu" } },
      }),
      `${at}.runtimePlatform.cpuArchitecture: unsupported: web:1: the CPU architecture is computed by CloudFormation`,
    ],
    [
      "a loop of resources",
      { "Fn::ForEach::Tasks": ["Name", ["a"], { "Task${Name}": image("web:1").Task }] },
      "templateBody.Resources.Fn::ForEach::Tasks: unsupported: the template describes containers in a loop, which the guard does not read",
    ],
  ];
  for (const [what, resources, unreadable] of computed)
    it(`is reported if it computes ${what}`, () => {
      assert.deepEqual(found(type, { templateBody: template(resources) }), {
        uses: [],
        unreadable: [unreadable],
      });
    });

  it("is read beside what it computes", () => {
    const resources = taskOf({
      ContainerDefinitions: [{ Image: { Ref: "A" } }, { Name: "side", Image: "side:1" }],
    });
    assert.deepEqual(found(type, { templateBody: template(resources) }).uses, ["side=side:1 amd64 "]);
  });

  it("is reported if it is YAML and describes containers", () => {
    const yaml = (resource: string) => `Resources:\n  It:\n    Type: ${resource}\n`;
    assert.deepEqual(found(type, { templateBody: yaml("AWS::ECS::TaskDefinition") }).unreadable, [
      "templateBody: unsupported: the template describes containers in YAML, which the guard does not read",
    ]);
    for (const other of ["AWS::ECS::Service", "AWS::ECS::TaskDefinitionX", "AWS::S3::Bucket"])
      assert.deepEqual(found(type, { templateBody: yaml(other) }).unreadable, []);
  });

  it("may be an object, also with unknown values", () => {
    const native = "aws-native:cloudformation:Stack";
    const templateBody = { Resources: taskOf(task) };
    assert.equal(found(native, { templateBody }).uses.length, 2);
    const props = { templateBody: { Resources: taskOf({ Cpu: UNKNOWN.string }) } };
    assert.deepEqual(found(native, props), { uses: [], unreadable: [] });
    assert.deepEqual(imagesOf(native, props), { uses: [], unreadable: [] }, "without the SDK's proxy");
  });

  it("is left alone if it is unknown, stands elsewhere or is of another form", () => {
    for (const templateBody of [
      UNKNOWN.string,
      undefined,
      7,
      "",
      "null",
      "[]",
      '{"Resources":[]}',
      '{"Resources":{"A":null}}',
    ])
      assert.deepEqual(found(type, { templateBody }), { uses: [], unreadable: [] });
  });

  it("is read without a stack overflow, however deep it nests", () => {
    const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
    const templateBody = `{"Resources":{"Task":{"Type":"AWS::ECS::TaskDefinition","Properties":{"ContainerDefinitions":[{"Image":"a","X":${deep}}]}}}}`;
    assert.equal(found(type, { templateBody }).uses.length, 1);
  });

  it("is read without throwing, whatever its resources are, alike as a text and as an object", () => {
    const value = fc.oneof(
      { depthSize: "small" },
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom({ Ref: "A" }, { "Fn::If": [] }, "{{resolve:ssm:a}}", "web:1", "__proto__"),
    );
    const container = fc.record({ Name: value, Image: value }, { requiredKeys: [] });
    const properties = fc.record(
      {
        ContainerDefinitions: fc.oneof(value, fc.array(fc.oneof(value, container))),
        PrimaryContainer: fc.oneof(value, container),
        ContainerProperties: fc.oneof(value, container),
        RuntimePlatform: fc.oneof(value, fc.record({ CpuArchitecture: value })),
        RequiresCompatibilities: fc.oneof(value, fc.array(value)),
      },
      { requiredKeys: [] },
    );
    const resource = fc.record({
      Type: fc.oneof(value, fc.constantFrom(...TYPES.map(([name]) => name))),
      Properties: fc.oneof(value, properties),
    });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(value, resource)), (Resources) => {
        const asText = imagesOf(type, { templateBody: JSON.stringify({ Resources }) });
        assert.ok(asText?.unreadable.every(({ reason }) => reason !== "unknown"));
        const native = "aws-native:cloudformation:Stack";
        assert.deepEqual(imagesOf(native, { templateBody: { Resources } }), asText);
      }),
      { seed: 20261127, numRuns: 300 },
    );
  });
});
