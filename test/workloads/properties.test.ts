import assert from "node:assert/strict";
import fc from "fast-check";
import { imagesOf } from "../../policypack/workloads";
import { jsonFault } from "../../policypack/workloads/places";
import { previewed, UNKNOWN } from "../../support/pulumi/previewed";

const SEED = { seed: 20250214, numRuns: 300 };
const TYPES = [
  "aws:ecs/taskDefinition:TaskDefinition",
  "aws-native:ecs:TaskDefinition",
  "aws:ecs/daemonTaskDefinition:DaemonTaskDefinition",
  "aws-native:ecs:DaemonTaskDefinition",
  "aws:ecs/expressGatewayService:ExpressGatewayService",
  "aws-native:ecs:ExpressGatewayService",
] as const;

const junk = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(...Object.values(UNKNOWN)),
  fc.constantFrom("nginx:1", undefined, "ARM64", "[", "__proto__"),
);
const credentials = fc.oneof(junk, fc.record({ credentialsParameter: junk }, { requiredKeys: [] }));
const container = fc.oneof(
  junk,
  fc.record({ name: junk, image: junk, repositoryCredentials: credentials }, { requiredKeys: [] }),
);
const containers = fc.oneof(junk, fc.array(container));
const props = fc.record(
  {
    containerDefinitions: fc.oneof(
      containers,
      containers.map((list) => JSON.stringify(list)),
      fc.string(),
    ),
    primaryContainer: container,
    taskDefinitionArn: junk,
    requiresCompatibilities: fc.oneof(junk, fc.array(junk)),
    runtimePlatform: fc.oneof(junk, fc.record({ cpuArchitecture: junk, operatingSystemFamily: junk })),
  },
  { requiredKeys: [] },
);

describe("images of arbitrary properties", () => {
  for (const type of TYPES) {
    it(`are read without throwing, and every container is accounted for (${type})`, () => {
      fc.assert(
        fc.property(props, (given) => {
          const found = imagesOf(type, previewed(given));
          assert.ok(found);
          assert.ok(found.uses.every((use) => use.image.trim() !== "" && use.container !== ""));
          assert.deepEqual(imagesOf(type, given), found);
          const list = given.containerDefinitions;
          const expected =
            Array.isArray(list) && !type.includes("xpress") ? Math.max(list.length, 1) : undefined;
          const unread = found.unreadable.filter(({ path }) => path !== "requiresCompatibilities");
          if (expected !== undefined) assert.equal(found.uses.length + unread.length, expected);
        }),
        SEED,
      );
    });
  }

  it("are read without throwing, whatever the properties are", () => {
    fc.assert(
      fc.property(fc.constantFrom(...TYPES), fc.anything(), (type, given) => {
        assert.ok(imagesOf(type, given));
      }),
      SEED,
    );
  });
});

describe("the place of a JSON fault", () => {
  const valid = (text: string): boolean => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };

  it("exists exactly when JSON.parse refuses the text", () => {
    const nearJson = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.nat({ max: 2 }),
        fc.constantFrom("", '"', "\\", "{", "]", ",", ":", "0", "-", "\n", "\u007f"),
      )
      .map(([text, at, cut, insert]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + insert + text.slice(place + cut);
      });
    fc.assert(
      fc.property(fc.oneof(nearJson, fc.string(), fc.json()), (text) => {
        assert.equal(jsonFault(text) === undefined, valid(text), text);
      }),
      { ...SEED, numRuns: 3000 },
    );
  });

  const faults: readonly (readonly [string, number, number, boolean])[] = [
    ["", 1, 1, true],
    ["[1,]", 1, 4, false],
    ['{"a":1,}', 1, 8, false],
    ["{'a':1}", 1, 2, false],
    ['[\n{"a" 1}]', 2, 6, false],
    ['["a\nb"]', 1, 2, false],
    ['["\\x"]', 1, 2, false],
    ["[01]", 1, 3, false],
    ["[}", 1, 2, false],
    ["nul", 1, 1, false],
    ["\uFEFF[]", 1, 1, false],
    ['[{"a":[1]}\n', 2, 1, true],
  ];
  for (const [text, line, column, atEnd] of faults) {
    it(`of ${JSON.stringify(text)} is line ${line}, column ${column}`, () => {
      assert.deepEqual(jsonFault(text), { line, column, atEnd });
    });
  }

  it("is found under any nesting", () => {
    assert.deepEqual(jsonFault("[".repeat(100_000)), { line: 1, column: 100_001, atEnd: true });
  });
});
