import assert from "node:assert/strict";
import { ecsImagePolicies } from "../../policypack";
import {
  analyze,
  classic,
  type Registered,
  taskDefinition,
  urnOf,
  type Violation,
} from "../../support/engine/fake-engine";
import { success } from "../../policypack/common/outcome";
import type { Inspection } from "../../policypack/inspection/inspector";
import { parseReference } from "../../policypack/oci/reference";
import { imageSize } from "../../policypack/policies/image-size";
import { taskFindings } from "../../policypack/run/findings";
import type { ImageUse } from "../../policypack/workloads";
import { TYPES, written } from "../../support/pulumi/batch-jobs";
import { inspectedImage, layersOf } from "../../support/registry/inspected-image";
import { UNKNOWN } from "../../support/pulumi/previewed";
import { pushSized } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

const GiB = 1024 ** 3;
const fargate = { requiresCompatibilities: ["FARGATE"] };
const storage = (sizeInGib: unknown) => ({ ...fargate, ephemeralStorage: { sizeInGib } });

/** The size of each image's only layer, in GiB. */
const sizes: Record<string, number> = {
  small: 1,
  eight: 8,
  "eight-too": 8,
  eleven: 11,
  "twenty-one": 21,
  huge: 90,
};

describe("the size of a task's images", () => {
  let registry: TestRegistry;
  const image = (tag: string) => `${registry.host}/app:${tag}`;

  before(async () => {
    registry = await TestRegistry.start();
    for (const [tag, size] of Object.entries(sizes)) pushSized(registry, "app", tag, size * GiB);
  });
  after(() => registry.stop());

  const task = (tags: readonly string[], more: object = fargate): Registered =>
    taskDefinition("web", Object.fromEntries(tags.map((tag, n) => [`c${n}`, image(tag)])), {
      executionRoleArn: "arn:aws:iam::123456789012:role/exec",
      ...more,
    });
  const short = ({ policy, level }: Violation) => `${policy} ${level}`;
  const cases: [tags: string[], more: object, found: string[]][] = [
    [["small"], fargate, []],
    [["eight"], fargate, []],
    // The same layer is stored once.
    [["eight", "eight"], fargate, []],
    [["eleven"], fargate, ["image-size advisory"]],
    [["eight", "eight-too"], fargate, ["image-size advisory"]],
    [["twenty-one"], fargate, ["image-size mandatory"]],
    [["eleven", "eight", "eight-too"], fargate, ["image-size mandatory"]],
    [["twenty-one"], storage(21), ["image-size advisory"]],
    [["twenty-one"], storage(50), []],
    [["huge"], storage(200), []],
    [["huge"], storage(80), ["image-size mandatory"]],
    [["twenty-one"], storage(UNKNOWN.number), []],
    [["twenty-one"], storage("20"), []],
    [["twenty-one"], { ...fargate, ephemeralStorage: UNKNOWN.object }, []],
    [["twenty-one"], {}, []],
    [["twenty-one"], { requiresCompatibilities: ["EC2"] }, []],
    [["twenty-one"], { requiresCompatibilities: ["FARGATE", "EC2"] }, []],
  ];
  for (const [tags, more, expected] of cases)
    it(`${expected.join() || "is fine"}: ${tags.join("+")} in ${JSON.stringify(more)}`, async () => {
      for (const mode of ["preview", "update"] as const)
        assert.deepEqual((await analyze(mode, [task(tags, more)])).map(short), expected, mode);
    });

  it("is judged in the other resources that are Fargate tasks, and not in Windows tasks", async () => {
    const containers = [{ name: "app", image: image("twenty-one") }];
    const native = "aws-native:ecs:TaskDefinition";
    const resources: Registered[] = [
      { type: native, name: "a", props: { ...fargate, containerDefinitions: containers } },
      {
        type: native,
        name: "b",
        props: { ...fargate, containerDefinitions: containers, ephemeralStorage: { sizeInGiB: 100 } },
      },
      {
        type: "aws:ecs/expressGatewayService:ExpressGatewayService",
        name: "c",
        props: { primaryContainer: containers[0] },
      },
      {
        type: classic,
        name: "d",
        props: {
          ...fargate,
          containerDefinitions: JSON.stringify(containers),
          runtimePlatform: { operatingSystemFamily: "WINDOWS_SERVER_2022_CORE" },
        },
      },
    ];
    const policies = ecsImagePolicies().filter(({ name }) => name === "image-size");
    const found = await analyze("preview", resources, {}, policies);
    assert.deepEqual(
      found.map(({ urn }) => urn.split("::").at(-1)),
      ["a", "c"],
    );
  });

  const jobs: [what: string, props: (image: string) => Record<string, unknown>, found: boolean][] = [
    ["of one container", (image) => ({ containerProperties: { image } }), true],
    [
      "with more storage",
      (image) => ({ containerProperties: { image, ephemeralStorage: { sizeInGiB: 100 } } }),
      false,
    ],
    [
      "of ECS properties",
      (image) => ({ ecsProperties: { taskProperties: [{ containers: [{ image }] }] } }),
      true,
    ],
    [
      "of ECS properties with more storage",
      (image) => ({
        ecsProperties: {
          taskProperties: [{ containers: [{ image }], ephemeralStorage: { sizeInGiB: 100 } }],
        },
      }),
      false,
    ],
    [
      "of several tasks",
      (image) => ({ ecsProperties: { taskProperties: [1, 2].map(() => ({ containers: [{ image }] })) } }),
      false,
    ],
    ["on EC2", (image) => ({ platformCapabilities: ["EC2"], containerProperties: { image } }), false],
    [
      "without a platform",
      (image) => ({ platformCapabilities: undefined, containerProperties: { image } }),
      false,
    ],
  ];
  for (const type of TYPES)
    for (const [what, props, isFound] of jobs)
      it(`${isFound ? "blocks" : "does not block"} a job ${what}: ${type}`, async () => {
        const job = { type: "container", platformCapabilities: ["FARGATE"], ...props(image("twenty-one")) };
        const policies = ecsImagePolicies().filter(({ name }) => name === "image-size");
        const found = await analyze(
          "preview",
          [{ type, name: "job", props: written(type, job) }],
          {},
          policies,
        );
        assert.deepEqual(found.map(short), isFound ? ["image-size mandatory"] : []);
      });

  it("is judged for each task separately if a resource names several", () => {
    const platform = { os: "linux", architecture: "amd64" };
    const inspected = (digest: string): Inspection => {
      const layers = layersOf(["application/vnd.oci.image.layer.v1.tar+gzip"]);
      return success(
        inspectedImage({
          reference: parseReference("app"),
          platform,
          layers: layers.map((layer) => ({ ...layer, digest, size: 11 * GiB })),
        }),
      );
    };
    const reviewed = (tag: string) => ({
      image: tag,
      platform,
      inspection: inspected(tag),
      users: [
        {
          workload: { urn: "urn:rule", name: "rule", images: { uses: [], unreadable: [], storageGiB: 20 } },
          use: { container: "app" } as ImageUse,
        },
      ],
    });
    const review = { images: [reviewed("a"), reviewed("b")], exempt: [], unreadable: [], unread: [] };
    const found = taskFindings(review, { willPush: () => false }, imageSize.judgeTask);
    assert.deepEqual(
      found.map(({ urn, remark }) => [urn, remark]),
      [
        ["urn:rule", true],
        ["urn:rule", true],
      ],
    );
  });

  it("leaves out images that are not known, and those that the program pushes", async () => {
    assert.deepEqual(
      (await analyze("preview", [task(["eight", "gone"])]))
        .map(short)
        .filter((one) => one.startsWith("image-size")),
      [],
    );
    const build: Registered = {
      type: "docker-build:index:Image",
      name: "build",
      props: { tags: [image("twenty-one")], push: true, dockerfile: { inline: "FROM scratch" } },
    };
    const found = await analyze("preview", [build, task(["twenty-one"])]);
    assert.deepEqual(
      found.map(short).filter((one) => one.startsWith("image-size")),
      [],
    );
  });

  it("is reported with the images, the largest first, and the storage to set", async () => {
    const [found] = await analyze("preview", [task(["small", "twenty-one"])]);
    const { message } = found!;
    assert.match(message, /storage +20 GiB\nlayers +22\.0 GiB compressed/);
    assert.match(message, /images +21\.0 GiB \S+:twenty-one\n +1\.0 GiB \S+:small\n/);
    assert.match(message, /ephemeralStorage: \{ sizeInGib: 67 \}/);
    assert.ok(message.split("\n").length <= 24);
    assert.ok(message.split("\n").every((line) => line.length <= 80));
    const [most] = await analyze("preview", [task(["huge"], storage(80))]);
    assert.match(most!.message, /at most 200 GiB/);
    const express: Registered = {
      type: "aws:ecs/expressGatewayService:ExpressGatewayService",
      name: "express",
      props: { primaryContainer: { image: image("twenty-one") } },
    };
    const [fixed] = await analyze("preview", [express]);
    assert.match(fixed!.message, /Fix: make the images smaller\. An Express service has 20 GiB\.$/);
  });

  it("can be exempted by image and by resource, and disabled", async () => {
    const because = { reason: "a test" };
    for (const exclude of [[{ image: image("twenty-one"), ...because }], [{ resource: "web", ...because }]]) {
      const web = task(["twenty-one"]);
      const found = await analyze("preview", [web], { "mixed-layer-compression": { exclude } });
      assert.deepEqual(
        found.map(({ level, urn, message }) => [
          level,
          urn,
          message.startsWith("Not checked: ") || /\nNot checked: /.test(message),
        ]),
        [["advisory", urnOf(web), true]],
      );
    }
    const policies = ecsImagePolicies().filter(({ name }) => name !== "image-size");
    assert.deepEqual(await analyze("preview", [task(["twenty-one"])], {}, policies), []);
  });
});
