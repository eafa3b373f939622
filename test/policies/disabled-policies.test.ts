import assert from "node:assert/strict";
import { ecsImagePolicies } from "../../policypack";
import { analyze, type Registered, taskDefinition, type Violation } from "../../support/engine/fake-engine";
import { buildImage, pushImage } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

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

  it("report the same problem in full", async () => {
    const web = taskDefinition("web", { c: image("gone") });
    const [alone] = await analyze("preview", [web], {}, without("missing-image"));
    assert.match(alone!.message, /used by +`web`: `c`[^]*fix +push the image first/);
    const together = await analyze("preview", [web]);
    assert.deepEqual(together.map(short), ["missing-image advisory web"]);
  });
});

const short = ({ policy, level, urn }: Violation) => `${policy} ${level} ${urn.split("::").at(-1) ?? ""}`;
