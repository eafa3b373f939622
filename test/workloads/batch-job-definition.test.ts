import assert from "node:assert/strict";
import { imagesOf, isWorkload, type WorkloadImages } from "../../policypack/workloads";
import { CLASSIC, job, ranges, tasks, TYPES } from "../../support/pulumi/batch-jobs";
import { previewed, UNKNOWN } from "../../support/pulumi/previewed";

const AMD64 = { os: "linux", architecture: "amd64" };
const ARM64 = { os: "linux", architecture: "arm64" };
const credentialsParameter = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:hub";

function uses(found: WorkloadImages): string[] {
  return found.uses.map((use) => `${use.container}=${use.image} at ${use.path}`);
}

for (const type of TYPES) {
  describe(`a Batch job definition (${type})`, () => {
    it("runs the one container of its container properties", () => {
      assert.equal(isWorkload(type), true);
      const containerProperties = {
        image: "busybox:1",
        command: ["Ref::what"],
        repositoryCredentials: { credentialsParameter },
        runtimePlatform: { cpuArchitecture: "ARM64", operatingSystemFamily: "LINUX" },
      };
      const platformCapabilities = ["FARGATE"];
      assert.deepEqual(job(type, { type: "container", containerProperties, platformCapabilities }), {
        uses: [
          {
            container: "container",
            image: "busybox:1",
            platform: ARM64,
            launchTypes: ["FARGATE"],
            path: "containerProperties.image",
            credentialsParameter,
          },
        ],
        unreadable: [],
        storageGiB: 20,
      });
    });

    it("runs every container of its ECS properties, each task on its own platform", () => {
      const props = tasks(
        {
          runtimePlatform: { operatingSystemFamily: "WINDOWS_SERVER_2022_CORE" },
          containers: [{ name: "a", image: "x", repositoryCredentials: { credentialsParameter } }],
        },
        { containers: [{ image: "y" }, { name: "c", image: "z" }] },
      );
      const found = job(type, { ...props, platformCapabilities: ["EC2", "MOON", 7, "FARGATE", "EC2"] });
      const windows = { os: "windows", osVersion: "10.0.20348", architecture: "amd64" };
      const path = "ecsProperties.taskProperties";
      const launchTypes = ["EC2", "FARGATE"];
      assert.deepEqual(found.unreadable, []);
      assert.deepEqual(found.uses, [
        {
          container: "a",
          image: "x",
          platform: windows,
          launchTypes,
          path: `${path}[0].containers[0].image`,
          credentialsParameter,
        },
        {
          container: "container 1",
          image: "y",
          platform: AMD64,
          launchTypes,
          path: `${path}[1].containers[0].image`,
        },
        {
          container: "c",
          image: "z",
          platform: AMD64,
          launchTypes,
          path: `${path}[1].containers[1].image`,
        },
      ]);
    });

    it("of several nodes runs what each range of nodes does, and leaves EKS alone", () => {
      const found = job(
        type,
        ranges(
          { targetNodes: "0:3", container: { image: "main" } },
          { targetNodes: "4:", eksProperties: { podProperties: { containers: [{ image: "pod" }] } } },
          {
            targetNodes: ":9",
            ecsProperties: {
              taskProperties: [
                {
                  runtimePlatform: { cpuArchitecture: "ARM64" },
                  containers: [{ image: "y" }, { name: "n", image: "z" }],
                },
              ],
            },
          },
          {
            targetNodes: "hunter2",
            container: { image: "w", runtimePlatform: { cpuArchitecture: "ARM64" } },
          },
        ),
      );
      const path = "nodeProperties.nodeRangeProperties";
      assert.deepEqual(uses(found), [
        `container of nodes 0:3=main at ${path}[0].container.image`,
        `container 1 of nodes :9=y at ${path}[2].ecsProperties.taskProperties[0].containers[0].image`,
        `n=z at ${path}[2].ecsProperties.taskProperties[0].containers[1].image`,
        `container of node range 4=w at ${path}[3].container.image`,
      ]);
      assert.deepEqual(
        found.uses.map((use) => use.platform),
        [AMD64, ARM64, ARM64, ARM64],
      );
      assert.deepEqual(found.unreadable, []);
    });

    for (const eksProperties of [{ podProperties: { containers: [{ image: 7 }] } }, UNKNOWN.object]) {
      it(`on EKS runs nothing on ECS (${JSON.stringify(eksProperties)})`, () => {
        assert.deepEqual(job(type, { type: "container", eksProperties }), { uses: [], unreadable: [] });
      });
    }
  });
}

describe("the JSON texts of a classic Batch job definition", () => {
  const layouts: readonly (readonly [string, Record<string, unknown>, readonly string[]])[] = [
    [
      "keys in any case",
      {
        nodeProperties:
          '{"NodeRangeProperties":[{"TARGETNODES":"0:","Container":{"Image":"x","RuntimePlatform":{"CPUArchitecture":"ARM64"}}}]}',
      },
      ["x on arm64"],
    ],
    [
      "white space and escapes",
      { containerProperties: ' {\r\n\t"im\\u0061ge" : "r\\/x" } ' },
      ["r/x on amd64"],
    ],
    [
      "keys that differ in case: the last wins",
      { containerProperties: '{"image":"x","Image":"y"}' },
      ["y on amd64"],
    ],
    [
      "keys of a prototype",
      { containerProperties: '{"__proto__":{"image":"p"},"image":"x"}' },
      ["x on amd64"],
    ],
    [
      "an empty text, which is none",
      { containerProperties: "", ecsProperties: '{"taskProperties":[{"containers":[{"image":"x"}]}]}' },
      ["x on amd64"],
    ],
    ["an empty text beside EKS properties", { containerProperties: "", eksProperties: {} }, []],
    ["a ready object", { containerProperties: { Image: "x" } }, ["x on amd64"]],
  ];
  for (const [title, props, expected] of layouts) {
    it(`are read with ${title}`, () => {
      const found = imagesOf(CLASSIC, previewed(props))!;
      assert.deepEqual(
        found.uses.map((use) => `${use.image} on ${use.platform.architecture}`),
        expected,
      );
      assert.deepEqual(found.unreadable, []);
    });
  }
});
