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
import { buildImage, pushImage, pushMixedOnArm, threeGzipTwelveZstd } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";
import { UNKNOWN } from "../../support/pulumi/previewed";

describe("the policies", () => {
  let registry: TestRegistry;
  const image = (name: string) => `${registry.host}/${name}`;

  before(async () => {
    registry = await TestRegistry.start();
    pushImage(registry, "app", "good", buildImage({ layers: ["gzip", "gzip"], family: "docker" }));
    pushImage(registry, "app", "mixed", buildImage({ layers: threeGzipTwelveZstd, family: "docker" }));
    pushImage(registry, "app", "oci-mix", buildImage({ layers: ["gzip", "zstd"], family: "oci" }));
    const docker = "application/vnd.docker.image.rootfs.diff.tar";
    const suffixed = [`${docker}+gzip`, `${docker}+zstd`];
    const odd = buildImage({ layers: ["gzip", "zstd"], family: "docker", mediaTypes: suffixed });
    pushImage(registry, "app", "odd-mix", odd);
    pushMixedOnArm(registry, "app", "arm-mixed");
  });
  after(() => registry.stop());

  for (const mode of ["preview", "update"] as const) {
    describe(`in ${mode === "preview" ? "a preview" : "an update"}`, () => {
      it("report nothing about good images", async () => {
        assert.deepEqual(await analyze(mode, [taskDefinition("web", { app: image("app:good") })]), []);
      });

      it("report nothing about resources that run no containers", async () => {
        const bucket: Registered = {
          type: "aws:s3/bucket:Bucket",
          name: "b",
          props: { bucket: "app:mixed" },
        };
        assert.deepEqual(await analyze(mode, [bucket]), []);
      });

      it("block the mixed image at its resource, and not its neighbours", async () => {
        const bad = taskDefinition("bad", { side: image("app:good"), app: image("app:mixed") });
        const found = await analyze(mode, [taskDefinition("web", { app: image("app:good") }), bad]);
        assert.deepEqual(found.map(short), [["mixed-layer-compression", "mandatory", urnOf(bad)]]);
        assert.match(found[0]!.message, /used by +`bad`: `app`\n/);
        assert.match(
          found[0]!.message,
          /layers +ggg zzzzzzzzzzzz\n +1–3 +gzip {2}Docker type.*\n +4–15 {2}zstd {2}Docker type.*\n/,
        );
        assert.match(found[0]!.message, /number of layers and diffIDs don't match: 3 != 15/);
      });

      it("block an OCI mix and name the runtimes that pull it", async () => {
        const found = await analyze(mode, [taskDefinition("oci", { app: image("app:oci-mix") })]);
        assert.deepEqual(
          found.map(({ level }) => level),
          ["mandatory"],
        );
        assert.match(found[0]!.message, /pulls on containerd 1\.5–2\.3, dockerd 23 and later,/);
      });

      it("show the error of a mix that is counted right and still does not pull", async () => {
        const fargate = { requiresCompatibilities: ["FARGATE"] };
        const [found] = await analyze(mode, [taskDefinition("odd", { app: image("app:odd-mix") }, fargate)]);
        assert.match(found?.message ?? "", /CannotPullContainerError: failed to extract layer/);
        assert.doesNotMatch(found?.message ?? "", /allowOciMix/);
      });

      it("judge the manifest of the platform that the task runs on", async () => {
        const arm = { runtimePlatform: { cpuArchitecture: "ARM64" } };
        assert.deepEqual(await analyze(mode, [taskDefinition("amd", { app: image("app:arm-mixed") })]), []);
        const found = await analyze(mode, [taskDefinition("arm", { app: image("app:arm-mixed") }, arm)]);
        assert.match(found[0]?.message ?? "", /image +\S+ \(linux\/arm64\)\n/);
      });

      it("report what cannot be checked as advisory and still block the rest", async () => {
        const found = await analyze(mode, [
          taskDefinition("gone", { app: image("app:no-such-tag") }),
          taskDefinition("dead", { app: "127.0.0.1:1/app:tag" }),
          taskDefinition("illegal", { app: "Not A Name" }),
          { name: "broken", props: { containerDefinitions: "[{" } },
          taskDefinition("bad", { app: image("app:mixed") }),
        ]);
        const byPolicy = (policy: string) => found.filter((violation) => violation.policy === policy);
        assert.equal(byPolicy("mixed-layer-compression").length, 1);
        const words = [...byPolicy("missing-image"), ...byPolicy("unverified-image")].map(
          ({ message }) => message,
        );
        for (const wanted of [
          /missing: /,
          /unreachable: /,
          /`broken`, at containerDefinitions: .*not valid JSON/,
        ]) {
          assert.equal(words.filter((message) => wanted.test(message)).length, 1, String(wanted));
        }
        assert.ok(byPolicy("unverified-image").every(({ level }) => level === "advisory"));
        assert.deepEqual(
          byPolicy("image-name").map(({ level, urn }) => [level, urn.split("::").at(-1)]),
          [["mandatory", "illegal"]],
        );
      });

      it("report many images of one dead registry in one message, and few in a message each", async () => {
        const dead = (n: number) => taskDefinition(`t${n}`, { app: `127.0.0.1:1/app${n}:1` });
        const few = await analyze(mode, [dead(1), dead(2)]);
        assert.equal(few.length, 2);
        const containers = Object.fromEntries(
          Array.from({ length: 30 }, (_, n) => [`c${n}`, `127.0.0.1:1/app${n}:1`]),
        );
        const many = await analyze(mode, [taskDefinition("many", containers)]);
        assert.equal(many.length, 1);
        assert.match(
          many[0]!.message,
          /^Not verified: [^]*all 30 images[^]*\bapp0:1, [^]*\bapp9:1, and 20 others\n[^]*unreachable: /,
        );
      });

      it("look an image up once and report it in one block, however many containers run it", async () => {
        registry.log.length = 0;
        const images = Object.fromEntries(
          Array.from({ length: 10 }, (_, i) => [`c${i}`, image("app:mixed")]),
        );
        const found = await analyze(mode, [taskDefinition("many", images)]);
        assert.equal(found.length, 1);
        assert.match(found[0]!.message, /`many`: `c0`, `c1`, [^]*`c9`/);
        assert.equal(registry.log.filter(({ url }) => url.includes("/manifests/")).length, 1);
      });

      it("print each exemption with its reason and do not check the image", async () => {
        registry.log.length = 0;
        const exclude = [{ image: image("app:mixed"), reason: "EC2 only, TEAM-1" }];
        const found = await analyze(mode, [taskDefinition("bad", { app: image("app:mixed") })], {
          "mixed-layer-compression": { exclude },
        });
        assert.deepEqual(
          found.map(({ level }) => level),
          ["advisory"],
        );
        assert.match(found[0]!.message, /EC2 only, TEAM-1/);
        assert.equal(registry.log.length, 0);
      });

      it("report a misspelt setting once and go on", async () => {
        const config = { "mixed-layer-compression": { exlude: [] } };
        const found = await analyze(
          mode,
          [taskDefinition("a", { app: image("app:mixed") }), taskDefinition("b", { app: image("app:good") })],
          config,
        );
        assert.equal(found.filter(({ message }) => /Did you mean `exclude`/.test(message)).length, 1);
        assert.equal(found.filter(({ message }) => / 1–3 +gzip/.test(message)).length, 1);
      });

      it("never throw, whatever a resource holds", async () => {
        const odd: Registered[] = [
          {},
          { containerDefinitions: 7 },
          { containerDefinitions: [null, 1, { image: {} }] },
          { runtimePlatform: [] },
        ].map((props, i) => ({ name: `odd${i}`, props }));
        const found = await analyze(mode, [
          ...odd,
          { name: "native", type: "aws-native:ecs:TaskDefinition", props: {} },
        ]);
        assert.ok(found.length >= odd.length);
        assert.ok(found.every(({ message }) => !message.includes("guard itself failed")));
      });
    });
  }

  it("name what a preview cannot know, at a level that does not block it", async () => {
    const unknown = { name: "later", props: { containerDefinitions: UNKNOWN.string } };
    const found = await analyze("preview", [unknown]);
    assert.deepEqual(found.map(short), [["unverified-image", "advisory", urnOf(unknown)]]);
    assert.match(found[0]!.message, /known only during the update/);
  });

  it("block what a template of CloudFormation names, and report what it computes at their own level", async () => {
    const [web, side] = [{ Image: image("app:mixed") }, { Image: { Ref: "Image" } }];
    const Properties = { ContainerDefinitions: [web, side] };
    const templateBody = JSON.stringify({
      Resources: { T: { Type: "AWS::ECS::TaskDefinition", Properties } },
    });
    const stack = { type: "aws:cloudformation/stack:Stack", name: "stack", props: { templateBody } };
    const policies = ecsImagePolicies({ enforcementLevels: { "unverified-image": "mandatory" } });
    const found = await analyze("preview", [stack], {}, policies);
    assert.deepEqual(
      found.map(({ policy, level, urn }) => [policy, level, urn]),
      [
        ["mixed-layer-compression", "mandatory", urnOf(stack)],
        ["unverified-image", "mandatory", urnOf(stack)],
      ],
    );
    assert.match(found[1]!.message, /the image is computed by CloudFormation\.\nThe guard does not check/);
  });

  it("inspect the images of a preview in parallel", async () => {
    const gathering = await TestRegistry.start();
    gathering.gather(10);
    try {
      const resources = Array.from({ length: 10 }, (_, i) => {
        pushImage(gathering, `app${i}`, "1", buildImage({ layers: ["gzip"], family: "oci" }));
        return taskDefinition(`t${i}`, { app: `${gathering.host}/app${i}:1` });
      });
      assert.deepEqual(await analyze("preview", resources), []);
    } finally {
      await gathering.stop();
    }
  });
});

function short({ policy, level, urn }: Violation): string[] {
  assert.ok(urn.includes(classic));
  return [policy, level, urn];
}
