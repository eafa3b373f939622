import assert from "node:assert/strict";
import { ecsImagePolicies } from "../../policypack";
import { analyze, type Registered, taskDefinition, type Violation } from "../../support/engine/fake-engine";
import { buildImage, pushImage, pushIndex } from "../../support/registry/images";
import { arm64 } from "../../support/registry/inspection";
import { digestOf, TestRegistry } from "../../support/registry/registry";

/** The engine calls no policy that its configuration disables. */
const without = (...names: string[]) => ecsImagePolicies().filter(({ name }) => !names.includes(name));
const fargate = { requiresCompatibilities: ["FARGATE"] };

describe("if a policy is disabled, related policies", () => {
  let registry: TestRegistry;
  const image = (tag: string) => `${registry.host}/app:${tag}`;

  before(async () => {
    registry = await TestRegistry.start();
    pushImage(registry, "app", "docker-mix", buildImage({ layers: ["gzip", "zstd"], family: "docker" }));
    pushImage(registry, "app", "oci-mix", buildImage({ layers: ["gzip", "zstd"], family: "oci" }));
    pushIndex(registry, "app", "arm-mix", [
      buildImage({ layers: ["gzip", "zstd"], family: "docker", platform: arm64 }),
    ]);
    pushImage(registry, "app", "arm-alone", buildImage({ layers: ["gzip"], family: "oci", platform: arm64 }));
    const manifest = "application/vnd.oci.image.manifest.v1+json";
    const config = { mediaType: "application/vnd.cncf.helm.config.v1+json", digest: digestOf(""), size: 2 };
    registry.putManifest("app", "chart", manifest, {
      schemaVersion: 2,
      mediaType: manifest,
      config,
      layers: [],
    });
    registry.putManifest("app", "broken", manifest, "{");
  });
  after(() => registry.stop());

  for (const mode of ["preview", "update"] as const) {
    it(`block a mix that does not pull, in ${mode === "preview" ? "a preview" : "an update"}`, async () => {
      const resources = ["docker-mix", "oci-mix"].map((tag) =>
        taskDefinition(tag, { c: image(tag) }, fargate),
      );
      const found = await analyze(mode, resources, {}, without("mixed-layer-compression"));
      assert.deepEqual(found.map(short), ["unpullable-layers mandatory docker-mix"]);
      const together = await analyze(mode, resources);
      assert.deepEqual(together.map(short), [
        "mixed-layer-compression mandatory docker-mix",
        "mixed-layer-compression mandatory oci-mix",
      ]);
    });
  }

  it("still know what the program pushes", async () => {
    const build: Registered = {
      type: "docker-build:index:Image",
      name: "build",
      props: { tags: [image("gone")], push: true, dockerfile: { inline: "FROM scratch" } },
    };
    const web = taskDefinition("web", { c: image("gone") });
    const found = await analyze("preview", [build, web], {}, without("mixed-layer-compression"));
    assert.deepEqual(found.map(short), ["unverified-image advisory web"]);
    assert.match(found[0]!.message, /this program pushes the image/);
  });

  for (const mode of ["preview", "update"] as const)
    for (const [tag, policy, says] of [
      ["arm-mix", "platform-mismatch", /^Not built for linux\/amd64\./],
      ["chart", "unpullable-layers", /^Not a container image\./],
      ["broken", "unpullable-layers", /^Cannot be pulled by any container runtime\./],
    ] as const)
      it(`do not hide that no layer of ${tag} was read, without ${policy} in ${mode === "preview" ? "a preview" : "an update"}`, async () => {
        const web = taskDefinition("web", { c: image(tag) }, fargate);
        const [alone, ...more] = await analyze(mode, [web], {}, without(policy));
        assert.equal(short(alone!), "unverified-image advisory web");
        assert.match(alone!.message, says);
        assert.deepEqual(more, []);
        const together = await analyze(mode, [web]);
        assert.deepEqual(together.map(short), [`${policy} mandatory web`]);
      });

  it("do not report an image of another platform whose layers were read", async () => {
    const web = taskDefinition("web", { c: image("arm-alone") }, fargate);
    assert.deepEqual(await analyze("preview", [web], {}, without("platform-mismatch")), []);
  });

  it("report the same problem in full", async () => {
    const web = taskDefinition("web", { c: image("gone") });
    const [alone] = await analyze("preview", [web], {}, without("missing-image"));
    assert.match(alone!.message, /used by +`web`: `c`[^]*fix +push the image first/);
    const together = await analyze("preview", [web]);
    assert.deepEqual(together.map(short), ["missing-image advisory web"]);
  });
});

const short = ({ policy, level, urn }: Violation) => `${policy} ${level} ${urn.split("::").at(-1) ?? ""}`;
