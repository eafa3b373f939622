import assert from "node:assert/strict";
import { imagesOf, type WorkloadImages } from "../../policypack/workloads";
import { CLASSIC, job, KEYS, NATIVE, ranges, tasks, TYPES } from "../../support/pulumi/batch-jobs";
import { previewed } from "../../support/pulumi/previewed";

function unreadable(found: WorkloadImages): string[] {
  return found.unreadable.map((use) => `${use.reason} ${use.container ?? "-"} ${use.path}: ${use.message}`);
}

for (const type of TYPES) {
  describe(`a malformed Batch job definition (${type})`, () => {
    const range = "nodeProperties.nodeRangeProperties";
    const task = "ecsProperties.taskProperties";
    const good = { container: { image: "x" } };
    const faults: readonly (readonly [Record<string, unknown>, string, string])[] = [
      [{}, "containerProperties", "there are no container properties"],
      [{ type: "container" }, "containerProperties", "there are no container properties"],
      [{ type: "multinode" }, "nodeProperties", "there are no node properties"],
      [{ type: "multinode", eksProperties: null }, "nodeProperties", "there are no node properties"],
      [{ containerProperties: {} }, "containerProperties.image", "there is no image"],
      [
        { containerProperties: { image: 5 } },
        "containerProperties.image",
        "the image is a number, not a string",
      ],
      [{ containerProperties: { image: " " } }, "containerProperties.image", "the image is empty"],
      [
        { containerProperties: [] },
        "containerProperties",
        "the container properties are an array, not an object",
      ],
      [
        { containerProperties: 3 },
        "containerProperties",
        "the container properties are a number, not an object",
      ],
      [
        { containerProperties: { image: "x:1", runtimePlatform: { cpuArchitecture: "MIPS" } } },
        "containerProperties.runtimePlatform.cpuArchitecture",
        "x:1: the CPU architecture is not one that ECS supports",
      ],
      [{ ecsProperties: [] }, "ecsProperties", "the ECS properties are an array, not an object"],
      [{ ecsProperties: {} }, task, "there are no tasks"],
      [tasks(), task, "there are no tasks"],
      [{ ecsProperties: { taskProperties: {} } }, task, "the tasks are an object, not an array"],
      [tasks(null), `${task}[0]`, "there are no properties of the task"],
      [tasks("x"), `${task}[0]`, "the properties of the task are a string, not an object"],
      [tasks({}), `${task}[0].containers`, "there are no containers"],
      [tasks({ containers: [] }), `${task}[0].containers`, "there are no containers"],
      [tasks({ containers: 1 }), `${task}[0].containers`, "the containers are a number, not an array"],
      [tasks({ containers: ["x"] }), `${task}[0].containers[0]`, "the container is a string, not an object"],
      [tasks({ containers: [{}] }), `${task}[0].containers[0].image`, "there is no image"],
      [
        tasks({ containers: [{ image: "x" }], runtimePlatform: "LINUX" }),
        `${task}[0].runtimePlatform`,
        "x: the runtime platform is a string, not an object",
      ],
      [{ nodeProperties: [1] }, "nodeProperties", "the node properties are an array, not an object"],
      [{ nodeProperties: {} }, range, "there are no node ranges"],
      [ranges(), range, "there are no node ranges"],
      [{ nodeProperties: { nodeRangeProperties: "x" } }, range, "the node ranges are a string, not an array"],
      [ranges(good, null), `${range}[1]`, "there are no properties of the node range"],
      [ranges(good, 7), `${range}[1]`, "the properties of the node range are a number, not an object"],
      [ranges(good, { targetNodes: "1:" }), `${range}[1].container`, "there are no container properties"],
      [
        ranges(good, { container: "x" }),
        `${range}[1].container`,
        "the container properties are a string, not an object",
      ],
      [ranges(good, { container: { vcpus: 1 } }), `${range}[1].container.image`, "there is no image"],
      [
        ranges(good, { ecsProperties: { taskProperties: [{ containers: [{ image: [] }] }] } }),
        `${range}[1].ecsProperties.taskProperties[0].containers[0].image`,
        "the image is an array, not a string",
      ],
      [
        ranges(good, { container: { image: "y", runtimePlatform: { operatingSystemFamily: "BEOS" } } }),
        `${range}[1].container.runtimePlatform.operatingSystemFamily`,
        "y: the operating system family is not one that ECS supports",
      ],
    ];
    for (const [props, path, message] of faults) {
      it(`of ${JSON.stringify(props)} is reported at ${path}, and the rest is read`, () => {
        const found = job(type, props);
        const reason = message === "the image is empty" ? "impossible" : "malformed";
        assert.deepEqual(found.unreadable, [{ reason, path, message }]);
        assert.deepEqual(
          found.uses.map((use) => use.image),
          path.startsWith(`${range}[1]`) ? ["x"] : [],
        );
      });
    }
  });
}

describe("malformed JSON texts of a classic Batch job definition", () => {
  const nouns = ["container properties", "ECS properties", "node properties"];
  for (const [index, key] of KEYS.entries()) {
    const noun = nouns[index]!;
    const faults: readonly (readonly [string, string])[] = [
      ['{"image":', `the ${noun} are not valid JSON at line 1, column 10: the text ends too early`],
      ['{\n "image": hunter2}', `the ${noun} are not valid JSON at line 2, column 11`],
      ["null", `there are no ${noun}`],
      ['"hunter2"', `the ${noun} are a string, not an object`],
    ];
    for (const [text, message] of faults) {
      it(`that say ${JSON.stringify(text)} as ${key} are one unreadable use`, () => {
        const found = imagesOf(CLASSIC, previewed({ [key]: text }));
        assert.deepEqual(found, { uses: [], unreadable: [{ reason: "malformed", path: key, message }] });
      });
    }
  }

  it("that are all empty are missing", () => {
    const empty = { containerProperties: "", ecsProperties: "", nodeProperties: "" };
    assert.deepEqual(unreadable(imagesOf(CLASSIC, previewed(empty))!), [
      "malformed - containerProperties: there are no container properties",
    ]);
  });

  it("are ignored for aws-native, as are keys in another case", () => {
    const text = imagesOf(NATIVE, { containerProperties: '{"image":"x"}' })!;
    assert.deepEqual(unreadable(text), [
      "malformed - containerProperties: the container properties are a string, not an object",
    ]);
    const upper = imagesOf(NATIVE, { containerProperties: { Image: "x" } })!;
    assert.deepEqual(unreadable(upper), ["malformed - containerProperties.image: there is no image"]);
  });
});
