import assert from "node:assert/strict";
import fc from "fast-check";
import { imagesOf } from "../../policypack/workloads";
import { CLASSIC, NATIVE, ranges, tasks, TYPES, written } from "../../support/pulumi/batch-jobs";
import { previewed, UNKNOWN } from "../../support/pulumi/previewed";

describe("an unknown value of a Batch job definition", () => {
  const later = "known only during the update";
  const range = "nodeProperties.nodeRangeProperties";
  const task = "ecsProperties.taskProperties[0]";
  const rows: readonly (readonly [string, Record<string, unknown>, readonly string[], number])[] = [
    [
      CLASSIC,
      { containerProperties: UNKNOWN.string },
      [`containerProperties: the container properties are ${later}`],
      0,
    ],
    [CLASSIC, { ecsProperties: UNKNOWN.string }, [`ecsProperties: the ECS properties are ${later}`], 0],
    [CLASSIC, { nodeProperties: UNKNOWN.string }, [`nodeProperties: the node properties are ${later}`], 0],
    [
      NATIVE,
      { containerProperties: UNKNOWN.object },
      [`containerProperties: the container properties are ${later}`],
      0,
    ],
    [
      NATIVE,
      { containerProperties: { image: UNKNOWN.string } },
      [`containerProperties.image: the image is ${later}`],
      0,
    ],
    [
      NATIVE,
      { containerProperties: { image: "x", runtimePlatform: { cpuArchitecture: UNKNOWN.string } } },
      [`containerProperties.runtimePlatform.cpuArchitecture: x: the CPU architecture is ${later}`],
      0,
    ],
    [NATIVE, { containerProperties: { image: "x", repositoryCredentials: UNKNOWN.object } }, [], 1],
    [
      NATIVE,
      { containerProperties: { image: "x" }, platformCapabilities: UNKNOWN.array },
      [`platformCapabilities: the launch types are ${later}`],
      1,
    ],
    [NATIVE, { containerProperties: { image: "x" }, type: UNKNOWN.string }, [], 1],
    [
      NATIVE,
      { ecsProperties: { taskProperties: UNKNOWN.array } },
      [`ecsProperties.taskProperties: the tasks are ${later}`],
      0,
    ],
    [NATIVE, tasks(UNKNOWN.object), [`${task}: the properties of the task are ${later}`], 0],
    [NATIVE, tasks({ containers: UNKNOWN.array }), [`${task}.containers: the containers are ${later}`], 0],
    [
      NATIVE,
      tasks({ containers: [{ image: "x" }, UNKNOWN.object] }),
      [`${task}.containers[1]: the container is ${later}`],
      1,
    ],
    [
      NATIVE,
      tasks({ containers: [{ image: "x" }], runtimePlatform: UNKNOWN.object }),
      [`${task}.runtimePlatform: x: the runtime platform is ${later}`],
      0,
    ],
    [
      NATIVE,
      { nodeProperties: { nodeRangeProperties: UNKNOWN.array } },
      [`${range}: the node ranges are ${later}`],
      0,
    ],
    [
      NATIVE,
      ranges({ container: { image: "x" } }, UNKNOWN.object),
      [`${range}[1]: the properties of the node range are ${later}`],
      1,
    ],
    [
      NATIVE,
      ranges({ container: UNKNOWN.object }, { targetNodes: UNKNOWN.string, container: { image: "x" } }),
      [`${range}[0].container: the container properties are ${later}`],
      1,
    ],
    [NATIVE, ranges({ eksProperties: UNKNOWN.object }), [], 0],
  ];
  for (const [type, props, expected, readable] of rows) {
    it(`is left to the update, with and without the SDK's proxy: ${type} ${expected.join()} (${readable} read)`, () => {
      for (const given of [previewed(props), props]) {
        const found = imagesOf(type, given)!;
        assert.deepEqual(
          found.unreadable.map((use) => `${use.path}: ${use.message}`),
          expected,
        );
        assert.ok(found.unreadable.every((use) => use.reason === "unknown"));
        assert.equal(found.uses.length, readable);
      }
    });
  }
});

describe("images of arbitrary Batch job definitions", () => {
  const SEED = { seed: 20250214, numRuns: 300 };
  const SECRET = "hunter2";
  const junk = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(...Object.values(UNKNOWN), SECRET, [SECRET], { [SECRET]: SECRET }, "[", undefined),
  );
  const some = <T>(model: Record<string, fc.Arbitrary<T>>) =>
    fc.oneof(
      { weight: 4, arbitrary: fc.record(model, { requiredKeys: [] }) },
      { weight: 1, arbitrary: junk },
    );
  const list = (element: fc.Arbitrary<unknown>) =>
    fc.oneof({ weight: 4, arbitrary: fc.array(element, { maxLength: 3 }) }, { weight: 1, arbitrary: junk });
  // Images and names are shown; everything else may hold the secret.
  const shown = fc.constantFrom("nginx:1", "", 5, UNKNOWN.string, [SECRET]);
  const platform = some({ cpuArchitecture: junk, operatingSystemFamily: junk });
  const own: Record<string, fc.Arbitrary<unknown>> = {
    image: shown,
    environment: junk,
    command: junk,
    repositoryCredentials: junk,
  };
  const container = some({ ...own, runtimePlatform: platform });
  const ecs = some<unknown>({
    taskProperties: list(
      some<unknown>({ containers: list(some(own)), runtimePlatform: platform, volumes: junk }),
    ),
  });
  const nodes = some<unknown>({
    nodeRangeProperties: list(
      some<unknown>({ targetNodes: junk, container, ecsProperties: ecs, eksProperties: junk }),
    ),
  });
  const props = fc.record(
    {
      type: fc.oneof(junk, fc.constantFrom("container", "multinode")),
      containerProperties: container,
      ecsProperties: ecs,
      nodeProperties: nodes,
      eksProperties: junk,
      platformCapabilities: list(fc.oneof(junk, fc.constant("FARGATE"))),
    },
    { requiredKeys: [] },
  );

  for (const type of TYPES) {
    it(`are read without throwing, alike in a preview, and show only images (${type})`, () => {
      let read = 0;
      fc.assert(
        fc.property(props, fc.boolean(), (given, asText) => {
          const as = asText ? written(type, given) : given;
          const found = imagesOf(type, previewed(as))!;
          assert.deepEqual(imagesOf(type, as), found);
          assert.ok(
            found.uses.every((use) => use.image === "nginx:1" && use.container.startsWith("container")),
          );
          assert.ok(!JSON.stringify(found).includes(SECRET), JSON.stringify(found));
          read += found.uses.length;
        }),
        SEED,
      );
      assert.ok(read > 0, "the properties hold images that can be read");
    });
  }

  it("are read without throwing, whatever the properties are", () => {
    const anything = fc.oneof(
      fc.anything(),
      fc.string().map((text) => ({ containerProperties: text })),
    );
    fc.assert(
      fc.property(fc.constantFrom(...TYPES), anything, (type, given) => {
        const found = imagesOf(type, given)!;
        assert.ok(found.uses.length + found.unreadable.length <= 1);
      }),
      SEED,
    );
  });
});
