import assert from "node:assert/strict";
import { RunError } from "@pulumi/pulumi";
import { ecsImagePolicies, PolicyOptionsError } from "../../policypack";
import { buildImage, pushImage } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";
import { analyze, taskDefinition } from "../../support/engine/fake-engine";

/** As JavaScript calls it. */
const untyped: (options: object) => unknown = ecsImagePolicies;

describe("the options of ecsImagePolicies", () => {
  let registry: TestRegistry;
  before(async () => {
    registry = await TestRegistry.start();
    for (const name of ["app", "vendor", "legacy"])
      pushImage(registry, name, "1", buildImage({ layers: ["gzip", "zstd"], family: "docker" }));
  });
  after(() => registry.stop());

  it("set levels, and do not change the others", () => {
    const levels = (options?: Parameters<typeof ecsImagePolicies>[0]) =>
      Object.fromEntries(ecsImagePolicies(options).map((policy) => [policy.name, policy.enforcementLevel]));
    const set = levels({ enforcementLevels: { "unverified-image": "mandatory" } });
    assert.deepEqual(set, { ...levels(), "unverified-image": "mandatory" });
  });

  it("set settings, which the configuration overrides", async () => {
    const policies = ecsImagePolicies({
      settings: { exclude: [{ image: `${registry.host}/vendor`, reason: "in code" }] },
    });
    const program = [
      taskDefinition("web", {
        app: `${registry.host}/app:1`,
        proxy: `${registry.host}/vendor:1`,
        old: `${registry.host}/legacy:1`,
      }),
    ];
    const exclude = [{ image: `${registry.host}/legacy`, reason: "in configuration" }];
    const violations = await analyze(
      "preview",
      program,
      { "mixed-layer-compression": { exclude } },
      policies,
    );
    const told = violations.map(({ level, message }) => [
      level,
      /vendor:1|app:1|legacy:1/.exec(message)?.[0],
    ]);
    assert.deepEqual(told.sort(), [
      ["advisory", "legacy:1"],
      ["advisory", "vendor:1"],
      ["mandatory", "app:1"],
    ]);
  });

  const mistakes: [string, object, RegExp][] = [
    ["a misspelt setting", { settings: { exlude: [] } }, /Did you mean `exclude`\?/],
    ["a setting of a wrong type", { settings: { timeBudgetSeconds: "long" } }, /`timeBudgetSeconds` must/],
    [
      "a misspelt policy",
      { enforcementLevels: { "unverified-images": "mandatory" } },
      /Did you mean `unverified-image`\?/,
    ],
    [
      "an unknown level",
      { enforcementLevels: { "unverified-image": "fatal" } },
      /`unverified-image` must be one of advisory, mandatory, remediate, disabled/,
    ],
    ["settings that are no object", { settings: ["exclude"] }, /`settings` must be an object/],
    ["a misspelt option", { setings: {} }, /Did you mean `settings`\?/],
  ];
  for (const [title, options, message] of mistakes)
    it(`refuse ${title}, without a stack trace in the engine`, () => {
      assert.throws(
        () => untyped(options),
        (error) => {
          assert.ok(error instanceof PolicyOptionsError && RunError.isInstance(error));
          assert.match(error.message, message);
          return true;
        },
      );
    });
});
