import assert from "node:assert/strict";
import { imagesOf, type UnreadableUse } from "../../policypack/workloads";
import { previewed } from "../../support/pulumi/previewed";

const CLASSIC = "aws:ecs/taskDefinition:TaskDefinition";
const NATIVE = "aws-native:ecs:TaskDefinition";

function unreadable(type: string, props: Record<string, unknown>): readonly UnreadableUse[] {
  return imagesOf(type, previewed(props))!.unreadable;
}

describe("malformed container definitions", () => {
  const wholes: readonly (readonly [unknown, string])[] = [
    ["", "the container definitions are not valid JSON at line 1, column 1: the text ends too early"],
    [
      '[{"name":',
      "the container definitions are not valid JSON at line 1, column 10: the text ends too early",
    ],
    ['[\n  {"a": hunter2}\n]', "the container definitions are not valid JSON at line 2, column 9"],
    ["[] []", "the container definitions are not valid JSON at line 1, column 4"],
    ['{"image":"x"}', "the container definitions are an object, not an array"],
    ['"[]"', "the container definitions are a string, not an array"],
    ["42", "the container definitions are a number, not an array"],
    ["null", "there are no container definitions"],
    ["[]", "there are no container definitions"],
    [[], "there are no container definitions"],
    [undefined, "there are no container definitions"],
    [true, "the container definitions are a boolean, not an array"],
  ];
  for (const [containerDefinitions, message] of wholes) {
    it(`that are ${JSON.stringify(containerDefinitions)} are one unreadable use`, () => {
      const expected = [{ reason: "malformed", path: "containerDefinitions", message }];
      assert.deepEqual(unreadable(CLASSIC, { containerDefinitions }), expected);
    });
  }

  const entries: readonly (readonly [unknown, string, string])[] = [
    [null, "", "there is no container"],
    ["nginx", "", "the container is a string, not an object"],
    [["nginx"], "", "the container is an array, not an object"],
    [{}, ".image", "there is no image"],
    [{ image: null }, ".image", "there is no image"],
    [{ image: 5 }, ".image", "the image is a number, not a string"],
    [{ image: ["x"] }, ".image", "the image is an array, not a string"],
    [{ image: {} }, ".image", "the image is an object, not a string"],
    [{ image: "" }, ".image", "the image is empty"],
    [{ image: " \t\n" }, ".image", "the image is empty"],
  ];
  for (const [entry, place, message] of entries) {
    it(`with the entry ${JSON.stringify(entry)} name its place and keep the other containers`, () => {
      const list = [{ name: "a", image: "x" }, entry, { name: "c", image: "z" }];
      for (const [type, containerDefinitions] of [
        [CLASSIC, JSON.stringify(list)],
        [NATIVE, list],
      ] as const) {
        const found = imagesOf(type, previewed({ containerDefinitions }))!;
        assert.deepEqual(
          found.uses.map((use) => use.image),
          ["x", "z"],
        );
        const path = `containerDefinitions[1]${place}`;
        const problems = found.unreadable.map(({ reason, path, message }) => ({ reason, path, message }));
        const reason = message === "the image is empty" ? "impossible" : "malformed";
        assert.deepEqual(problems, [{ reason, path, message }]);
      }
    });
  }

  it("name the container if its name is known", () => {
    const [found] = unreadable(NATIVE, { containerDefinitions: [{ name: "a\u0007b", image: 5 }] });
    assert.equal(found?.container, "a\uFFFDb");
  });

  it("never show what they hold", () => {
    const secret = "hunter2";
    const broken = [
      `[{"image": ${secret}}]`,
      `[{"environment":[{"value":"${secret}"`,
      `"${secret}"`,
      `["${secret}"]`,
      `[{"image":["${secret}"]}]`,
      `[{"image":"x","${secret}":1}]${secret}`,
    ];
    for (const containerDefinitions of broken) {
      const found = unreadable(CLASSIC, { containerDefinitions });
      assert.equal(found.length, 1, containerDefinitions);
      assert.ok(!JSON.stringify(found).includes(secret), containerDefinitions);
    }
    const place = { cpuArchitecture: secret, operatingSystemFamily: secret };
    const found = unreadable(NATIVE, { containerDefinitions: [{ image: "x" }], runtimePlatform: place });
    assert.ok(!JSON.stringify(found).includes(secret));
  });

  it("are reported for properties that are not an object", () => {
    for (const props of [null, undefined, 7, "text", []]) {
      assert.deepEqual(imagesOf(CLASSIC, props)?.uses, []);
      assert.equal(imagesOf(CLASSIC, props)?.unreadable[0]?.reason, "malformed");
    }
  });
});
