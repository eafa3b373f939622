import assert from "node:assert/strict";
import { imagesOf } from "../../policypack/workloads";
import { previewed } from "../../support/pulumi/previewed";

/** What `pulumi policy analyze` puts for a secret that it cannot decrypt. */
const secret = "[secret]";

describe("a secret that could not be decrypted", () => {
  const table: [title: string, type: string, props: Record<string, unknown>, path: string, what: string][] = [
    [
      "the whole text of a classic task definition",
      "aws:ecs/taskDefinition:TaskDefinition",
      { containerDefinitions: secret },
      "containerDefinitions",
      "the container definitions are",
    ],
    [
      "the whole list of an aws-native task definition",
      "aws-native:ecs:TaskDefinition",
      { containerDefinitions: secret },
      "containerDefinitions",
      "the container definitions are",
    ],
    [
      "one container",
      "aws-native:ecs:TaskDefinition",
      { containerDefinitions: [secret] },
      "containerDefinitions[0]",
      "the container is",
    ],
    [
      "one image",
      "aws-native:ecs:TaskDefinition",
      { containerDefinitions: [{ image: secret }] },
      "containerDefinitions[0].image",
      "the image is",
    ],
    [
      "the primary container of an Express Mode service",
      "aws:ecs/expressGatewayService:ExpressGatewayService",
      { primaryContainer: secret },
      "primaryContainer",
      "the container is",
    ],
    [
      "the container properties of a Batch job",
      "aws:batch/jobDefinition:JobDefinition",
      { type: "container", containerProperties: secret },
      "containerProperties",
      "the container properties are",
    ],
    [
      "the runtime platform",
      "aws-native:ecs:TaskDefinition",
      { containerDefinitions: [{ image: "a" }], runtimePlatform: secret },
      "runtimePlatform",
      "a: the runtime platform is",
    ],
    [
      "the architecture",
      "aws-native:ecs:TaskDefinition",
      { containerDefinitions: [{ image: "a" }], runtimePlatform: { cpuArchitecture: secret } },
      "runtimePlatform.cpuArchitecture",
      "a: the CPU architecture is",
    ],
    [
      "the properties of a resource of Cloud Control",
      "aws:cloudcontrol/resource:Resource",
      { typeName: "AWS::ECS::TaskDefinition", desiredState: secret },
      "desiredState",
      "the properties are",
    ],
    [
      "a template of CloudFormation",
      "aws:cloudformation/stack:Stack",
      { templateBody: secret },
      "templateBody",
      "the template is",
    ],
  ];
  for (const [title, type, props, path, what] of table)
    it(`is not a malformed definition: ${title}`, () => {
      const message = `${what} a secret that could not be decrypted`;
      const { uses, unreadable } = imagesOf(type, previewed(props))!;
      assert.deepEqual(
        { uses, unreadable },
        {
          uses: [],
          unreadable: [{ reason: "redacted", path, message }],
        },
      );
    });

  it("hides no image if it is a launch type or the name of a login secret", () => {
    const container = { image: "a", repositoryCredentials: { credentialsParameter: secret } };
    const props = { containerDefinitions: [container], requiresCompatibilities: ["EC2", secret] };
    const { uses, unreadable } = imagesOf("aws-native:ecs:TaskDefinition", previewed(props))!;
    assert.deepEqual(
      uses.map(({ image, launchTypes, credentialsParameter }) => [image, launchTypes, credentialsParameter]),
      [["a", ["EC2"], undefined]],
    );
    assert.deepEqual(
      unreadable.map(({ path, reason }) => [path, reason]),
      [["requiresCompatibilities", "redacted"]],
    );
  });
});
