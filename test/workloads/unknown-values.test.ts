import assert from "node:assert/strict";
import { imagesOf } from "../../policypack/workloads";
import { previewed, UNKNOWN } from "../../support/pulumi/previewed";

const CLASSIC = "aws:ecs/taskDefinition:TaskDefinition";
const NATIVE = "aws-native:ecs:TaskDefinition";
const DAEMON = "aws:ecs/daemonTaskDefinition:DaemonTaskDefinition";
const EXPRESS = "aws:ecs/expressGatewayService:ExpressGatewayService";

interface Row {
  readonly title: string;
  readonly type: string;
  readonly props: Record<string, unknown>;
  readonly uses: readonly string[];
  /** `container path: message` of each unreadable use, all for the reason `unknown`. */
  readonly unreadable: readonly string[];
}

const WHOLE = "- containerDefinitions: the container definitions are known only during the update";
const app = { name: "app", image: "nginx" };

const rows: readonly Row[] = [
  {
    title: "a whole JSON text",
    type: CLASSIC,
    props: { containerDefinitions: UNKNOWN.string },
    uses: [],
    unreadable: [WHOLE],
  },
  {
    title: "a whole array",
    type: NATIVE,
    props: { containerDefinitions: UNKNOWN.array },
    uses: [],
    unreadable: [WHOLE],
  },
  {
    title: "a daemon's array",
    type: DAEMON,
    props: { containerDefinitions: UNKNOWN.array },
    uses: [],
    unreadable: [WHOLE],
  },
  {
    title: "a container",
    type: NATIVE,
    props: { containerDefinitions: [UNKNOWN.object, app] },
    uses: ["app=nginx"],
    unreadable: ["- containerDefinitions[0]: the container is known only during the update"],
  },
  {
    title: "an image",
    type: NATIVE,
    props: { containerDefinitions: [app, { name: "b", image: UNKNOWN.string }] },
    uses: ["app=nginx"],
    unreadable: ["b containerDefinitions[1].image: the image is known only during the update"],
  },
  {
    title: "a daemon's image",
    type: DAEMON,
    props: { containerDefinitions: [{ name: "b", image: UNKNOWN.string }, app] },
    uses: ["app=nginx"],
    unreadable: ["b containerDefinitions[0].image: the image is known only during the update"],
  },
  {
    title: "a name, which hides nothing",
    type: NATIVE,
    props: { containerDefinitions: [{ name: UNKNOWN.string, image: "nginx" }] },
    uses: ["container 1=nginx"],
    unreadable: [],
  },
  {
    title: "credentials and launch types, which hide no image",
    type: NATIVE,
    props: {
      containerDefinitions: [
        { ...app, repositoryCredentials: UNKNOWN.object },
        { ...app, repositoryCredentials: { credentialsParameter: UNKNOWN.string } },
      ],
      requiresCompatibilities: UNKNOWN.array,
    },
    uses: ["app=nginx", "app=nginx"],
    unreadable: ["- requiresCompatibilities: the launch types are known only during the update"],
  },
  {
    title: "a whole runtime platform",
    type: CLASSIC,
    props: { containerDefinitions: JSON.stringify([app]), runtimePlatform: UNKNOWN.object },
    uses: [],
    unreadable: ["app runtimePlatform: nginx: the runtime platform is known only during the update"],
  },
  {
    title: "an architecture",
    type: NATIVE,
    props: { containerDefinitions: [app, app], runtimePlatform: { cpuArchitecture: UNKNOWN.string } },
    uses: [],
    unreadable: Array<string>(2).fill(
      "app runtimePlatform.cpuArchitecture: nginx: the CPU architecture is known only during the update",
    ),
  },
  {
    title: "an operating system family",
    type: NATIVE,
    props: { containerDefinitions: [app], runtimePlatform: { operatingSystemFamily: UNKNOWN.string } },
    uses: [],
    unreadable: [
      "app runtimePlatform.operatingSystemFamily: nginx: the operating system family is known only during the update",
    ],
  },
  {
    title: "a primary container",
    type: EXPRESS,
    props: { primaryContainer: UNKNOWN.object },
    uses: [],
    unreadable: ["- primaryContainer: the container is known only during the update"],
  },
  {
    title: "a primary container's image",
    type: EXPRESS,
    props: { primaryContainer: { image: UNKNOWN.string } },
    uses: [],
    unreadable: ["- primaryContainer.image: the image is known only during the update"],
  },
];

describe("an unknown value", () => {
  for (const { title, type, props, uses, unreadable } of rows) {
    it(`of ${title} is left to the update, with and without the SDK's proxy`, () => {
      for (const given of [previewed(props), props]) {
        const found = imagesOf(type, given)!;
        assert.deepEqual(
          found.uses.map((use) => `${use.container}=${use.image}`),
          uses,
        );
        assert.deepEqual(
          found.unreadable.map((use) => `${use.container ?? "-"} ${use.path}: ${use.message}`),
          unreadable,
        );
        assert.ok(found.unreadable.every((use) => use.reason === "unknown"));
      }
    });
  }

  it("does throw when the SDK's proxy is read, so that these tests see what a preview sees", () => {
    const props = previewed({ image: UNKNOWN.string });
    assert.ok(typeof props === "object" && props !== null);
    assert.throws(() => Reflect.get(props, "image"), /can't be known during preview/);
  });

  it("among launch types leaves the known ones", () => {
    const props = { containerDefinitions: [app], requiresCompatibilities: [UNKNOWN.string, "fargate"] };
    const found = imagesOf(NATIVE, previewed(props));
    assert.deepEqual(found?.uses[0]?.launchTypes, ["FARGATE"]);
    assert.deepEqual(
      found.unreadable.map(({ path, reason }) => `${path} ${reason}`),
      ["requiresCompatibilities unknown"],
    );
  });
});
