import assert from "node:assert/strict";
import { buildCompression } from "../../policypack/run/build-policy";
import { Session } from "../../policypack/run/session";
import { analyze, type Registered, taskDefinition, urnOf } from "../../support/engine/fake-engine";
import { buildImage, pushImage } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";
import { previewed, UNKNOWN } from "../../support/pulumi/previewed";

const configured = (...exclude: object[]) => ({ "mixed-layer-compression": { exclude } });
const malformed: Registered = { name: "web", props: { containerDefinitions: "{" } };
const unknown: Registered = { name: "web", props: { containerDefinitions: UNKNOWN } };
const reason = "vendor";

describe("an exemption of a resource or a stack", () => {
  const places: [what: string, resource: Registered, mode: "preview" | "update"][] = [
    ["a definition that cannot be read", malformed, "preview"],
    ["a definition that cannot be read, in an update", malformed, "update"],
    ["an image that is not known yet", unknown, "preview"],
  ];
  for (const [what, resource, mode] of places)
    for (const exclusion of [{ resource: "web" }, { stack: "test" }])
      it(`covers ${what} (${JSON.stringify(exclusion)}), and is printed once`, async () => {
        const found = await analyze(mode, [resource], configured({ ...exclusion, reason }));
        assert.deepEqual(
          found.map(({ level, urn }) => [level, urn]),
          [["advisory", urnOf(resource)]],
        );
        assert.match(
          found[0]!.message,
          /Not checked: `web`, at containerDefinitions\nis excluded by .*: vendor$/,
        );
      });

  it("does not cover such a definition if it names an image too, or has ended", async () => {
    const image = await analyze("update", [malformed], configured({ resource: "web", image: "**", reason }));
    assert.doesNotMatch(image.map(({ message }) => message).join(), /Not checked/);
    const ended = await analyze(
      "update",
      [malformed],
      configured({ resource: "web", until: "2020-01-31", reason }),
    );
    assert.deepEqual(
      ended.map(({ policy, message }) => [policy, /Checked again|not valid JSON/.exec(message)?.[0]]),
      [
        ["mixed-layer-compression", "Checked again"],
        ["unverified-image", "not valid JSON"],
      ],
    );
  });
});

describe("an image that would be blocked", () => {
  let registry: TestRegistry;
  const image = (name: string) => `${registry.host}/${name}`;
  before(async () => {
    registry = await TestRegistry.start();
    pushImage(registry, "app", "docker-mix", buildImage({ layers: ["gzip", "zstd"], family: "docker" }));
  });
  after(() => registry.stop());

  it("is allowed while its exemption lasts, and blocked after it, with a remark", async () => {
    const exempt = (exclusion: object) => ({
      "mixed-layer-compression": { exclude: [{ reason: "vendor", ...exclusion }] },
    });
    const judged = async (exclusion: object) =>
      (
        await analyze("preview", [taskDefinition("web", { c: image("app:docker-mix") })], exempt(exclusion))
      ).map(({ level, message }) => `${level}: ${message}`);
    for (const exclusion of [
      { resource: "web" },
      { stack: "project/test" },
      { image: "**", until: "2999-12-31" },
    ]) {
      const found = await judged(exclusion);
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0]!, /^advisory: [^]*Not checked: [^]*vendor/);
    }
    const found = await judged({ image: "**", until: "2020-01-31" });
    assert.equal(found.length, 2);
    assert.match(found[0]!, /^mandatory: /);
    assert.match(found[1]!, /^advisory: [^]*Checked again: [^]*until 2020-01-31: vendor\nRenew/);
  });

  const tags: [tags: object, allowed: boolean, found: RegExp[]][] = [
    [
      { "ecs-image-guard:exempt": "2999-12-31 vendor image" },
      true,
      [/^advisory: [^]*until 2999-12-31: vendor image/],
    ],
    [
      { "ecs-image-guard:exempt": "2999-12-31 vendor image" },
      false,
      [/^advisory: [^]*does not set allowTagExemptions/, /^mandatory: /],
    ],
    [
      { "ecs-image-guard:exempt": "2020-01-31 vendor image" },
      true,
      [/^mandatory: /, /^advisory: [^]*Checked again/],
    ],
    [
      { "ecs-image-guard:exempt": "because" },
      true,
      [/^advisory: [^]*not a last day and a reason/, /^mandatory: /],
    ],
    [
      { "ecs-image-guard:exempt": "2999-02-30 no such day" },
      true,
      [/^advisory: [^]*not a last day and a reason/, /^mandatory: /],
    ],
    [{ "ecs-image-guard": "2999-12-31 x" }, true, [/^mandatory: /]],
  ];
  for (const [tag, allowed, found] of tags) {
    it(`with the tags ${JSON.stringify(tag)}, ${allowed ? "allowed" : "not allowed"}, has ${found.length} findings`, async () => {
      const config = { "mixed-layer-compression": { allowTagExemptions: allowed } };
      const native: Registered = {
        type: "aws-native:ecs:TaskDefinition",
        name: "native",
        props: {
          containerDefinitions: [{ name: "c", image: image("app:docker-mix") }],
          tags: Object.entries(tag).map(([key, value]) => ({ key, value: value as string })),
        },
      };
      for (const resource of [taskDefinition("web", { c: image("app:docker-mix") }, { tags: tag }), native]) {
        const violations = await analyze("update", [resource], config);
        const words = violations.map(({ level, message }) => `${level}: ${message}`);
        assert.equal(words.length, found.length, words.join("\n\n"));
        found.forEach((expression, i) => {
          assert.match(words[i]!, expression);
        });
      }
    });
  }
});

describe("an exemption of a build", () => {
  const build: Registered = {
    type: "docker-build:index:Image",
    name: "api",
    props: {
      tags: ["registry.internal/shop/api:1"],
      dockerfile: { inline: "FROM scratch\nCOPY . /" },
      exports: [{ registry: { compression: "zstd", compressionLevel: 3 } }],
    },
  };
  const judged = async (exclude: readonly { reason: string }[]) => {
    const policy = buildCompression(new Session("none", { exclude }));
    const found = await analyze("preview", [build], {}, [policy]);
    const props = previewed(structuredClone(build.props));
    const args = { ...build, urn: urnOf(build), props, getConfig: () => ({}) };
    const remediate = policy.remediateResource as (args: object) => Promise<unknown>;
    return { found, fixed: (await remediate(args)) !== undefined };
  };

  it("is needed here: without one, the build is faulty and would be changed", async () => {
    const { found, fixed } = await judged([]);
    assert.match(found[0]?.message ?? "", /will push/);
    assert.equal(fixed, true);
  });

  for (const exclusion of [
    { resource: "api", reason },
    { stack: "project/test", until: "2999-12-31", reason },
    { image: "registry.internal/shop/*", reason },
  ])
    it(`${JSON.stringify(exclusion)} leaves it as it is, and is printed`, async () => {
      const { found, fixed } = await judged([exclusion]);
      assert.equal(fixed, false);
      assert.equal(found.length, 1);
      assert.match(found[0]!.message, /Not checked: the build of `api`\nis excluded by .*: vendor$/);
      assert.equal(found[0]!.level, "advisory");
    });

  for (const exclusion of [
    { image: "registry.internal/other/*", reason },
    { resource: "api", until: "2020-01-31", reason },
  ])
    it(`${JSON.stringify(exclusion)} does not cover it`, async () => {
      const { found, fixed } = await judged([exclusion]);
      assert.equal(fixed, true);
      assert.match(found.map(({ message }) => message).join("\n"), /will push/);
    });
});

it("an image that several providers deploy is explained once if its registry is not on AWS", async () => {
  const image = "127.0.0.1:1/app:1";
  const resources = ["dev", "prod"].map((profile) => ({
    ...taskDefinition(profile, { app: image }),
    provider: { profile },
  }));
  const found = await analyze("preview", resources);
  assert.equal(found.length, 2, found.map(({ message }) => message).join("\n"));
  assert.match(found[0]!.message, /`dev`: `app`, and 1 other resource\n/);
  assert.match(found[1]!.message, /, like `dev`\. Fix: see there\.\n/);
});
