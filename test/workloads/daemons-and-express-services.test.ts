import assert from "node:assert/strict";
import { imagesOf, isWorkload } from "../../policypack/workloads";
import { previewed } from "../../support/pulumi/previewed";

const DAEMONS = ["aws:ecs/daemonTaskDefinition:DaemonTaskDefinition", "aws-native:ecs:DaemonTaskDefinition"];
const SERVICES = [
  "aws:ecs/expressGatewayService:ExpressGatewayService",
  "aws-native:ecs:ExpressGatewayService",
];
const platform = { os: "linux", architecture: "amd64" };
const credentialsParameter = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:hub";

for (const type of DAEMONS) {
  describe(`a daemon task definition (${type})`, () => {
    it("runs each of its containers on the managed instances", () => {
      const containerDefinitions = [
        { name: "agent", image: "agent:1", repositoryCredentials: { credentialsParameter } },
        { name: "router", image: "fluent-bit", firelensConfiguration: { type: "fluentbit" } },
      ];
      const shared = { platform, launchTypes: ["MANAGED_INSTANCES"] };
      assert.equal(isWorkload(type), true);
      assert.deepEqual(imagesOf(type, previewed({ containerDefinitions })), {
        uses: [
          {
            container: "agent",
            image: "agent:1",
            ...shared,
            path: "containerDefinitions[0].image",
            credentialsParameter,
          },
          { container: "router", image: "fluent-bit", ...shared, path: "containerDefinitions[1].image" },
        ],
        unreadable: [],
      });
    });

    it("without containers is malformed", () => {
      assert.equal(imagesOf(type, previewed({}))?.unreadable[0]?.path, "containerDefinitions");
    });
  });
}

for (const type of SERVICES) {
  describe(`an Express Mode service (${type})`, () => {
    it("runs its primary container on Fargate", () => {
      const primaryContainer = { image: "shop:1", repositoryCredentials: { credentialsParameter } };
      assert.equal(isWorkload(type), true);
      assert.deepEqual(imagesOf(type, previewed({ primaryContainer })), {
        uses: [
          {
            container: "primary container",
            image: "shop:1",
            platform,
            launchTypes: ["FARGATE"],
            path: "primaryContainer.image",
            credentialsParameter,
          },
        ],
        unreadable: [],
        storageGiB: 20,
        storageIsFixed: true,
      });
    });

    const faults: readonly (readonly [primaryContainer: unknown, path: string, reason?: string])[] = [
      [undefined, "primaryContainer"],
      [null, "primaryContainer"],
      ["shop:1", "primaryContainer"],
      [[{ image: "shop:1" }], "primaryContainer"],
      [{}, "primaryContainer.image"],
      [{ image: 1 }, "primaryContainer.image"],
      [{ image: "" }, "primaryContainer.image", "impossible"],
    ];
    for (const [primaryContainer, path, reason = "malformed"] of faults) {
      it(`with the primary container ${JSON.stringify(primaryContainer)} is ${reason} at ${path}`, () => {
        const found = imagesOf(type, previewed({ primaryContainer }))!;
        assert.deepEqual(found.uses, []);
        assert.deepEqual(
          found.unreadable.map((use) => [use.reason, use.path]),
          [[reason, path]],
        );
      });
    }

    it("with a task definition of its own names no image", () => {
      const found = imagesOf(
        type,
        previewed({ taskDefinitionArn: "arn:aws:ecs:eu-west-1:1:task-definition/a:1" }),
      );
      assert.deepEqual(found, { uses: [], unreadable: [] });
    });
  });
}
