import assert from "node:assert/strict";
import { analyze, taskDefinition, type Violation } from "../../support/engine/fake-engine";
import { buildImage, pushImage } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

/** As the engine shows violations: a line for each, and its message. */
function linesOf(violations: readonly Violation[]): number {
  return violations.reduce((sum, { message }) => sum + 1 + message.split("\n").length, 0);
}

describe("the messages about images with one cause", () => {
  let registry: TestRegistry;
  const services = Array.from({ length: 40 }, (_, n) => `service-${n}`);
  before(async () => {
    registry = await TestRegistry.start();
    for (const [n, name] of services.entries()) {
      // Of one base: the digests of layers depend on their content, so the services differ in number and history only.
      const layers = [...Array<"zstd">(12).fill("zstd"), ...Array<"gzip">(1 + (n % 3)).fill("gzip")] as const;
      const history = [...layers].map((_, step) => ({
        created_by: step < 12 ? "base" : `${name}, step ${step}`,
      }));
      pushImage(registry, name, "1", buildImage({ layers, family: "docker", history }));
    }
  });
  after(() => registry.stop());
  const forty = () => services.map((name) => taskDefinition(name, { app: `${registry.host}/${name}:1` }));

  for (const mode of ["preview", "update"] as const)
    it(`explain one zstd base of 40 services once in ${mode === "preview" ? "a preview" : "an update"}, in 160 lines`, async () => {
      const found = await analyze(mode, forty());
      assert.equal(found.length, 40);
      assert.equal(new Set(found.map(({ urn }) => urn)).size, 40);
      assert.ok(linesOf(found) <= 160, `${linesOf(found)} lines`);
      const explanations = found.filter(({ message }) => message.includes("docker buildx build"));
      assert.equal(explanations.length, 1);
      const [explanation] = explanations;
      const first = explanation?.urn.split("::").at(-1) ?? "";
      for (const { message } of found.filter((violation) => violation !== explanation)) {
        assert.ok(message.split("\n").length <= 3, message);
        assert.ok(
          message.startsWith(
            `Mixes gzip and zstd layers, like ${first}:1 of \`${first}\`. Fix: see there.\n`,
          ),
          message,
        );
      }
      if (mode === "preview")
        assert.match(
          explanation?.message ?? "",
          /39 more images have the same cause\. They share 12 zstd base layers, up to\n {2}sha256:[0-9a-f]{64}\nRebuild that base image first\.$/,
        );
    });

  it("list ten of 200 images of a dead registry, and say that it is all of them", async () => {
    const dead = Array.from({ length: 200 }, (_, n) =>
      taskDefinition(`t${n}`, { app: `127.0.0.1:1/team/service-${n}:1` }),
    );
    const found = await analyze("preview", dead);
    assert.equal(found.length, 1);
    const [{ message } = { message: "" }] = found;
    assert.ok(linesOf(found) <= 12, message);
    assert.match(message, /all 200 images of this program\nin 127\.0\.0\.1:1\.\n/);
    assert.deepEqual(
      message.match(/team\/service-\d+/g),
      Array.from({ length: 10 }, (_, n) => `team/service-${n}`),
    );
    assert.match(message, /service-9:1,\s+and 190 others\n/);
  });

  it("list every image that a registry denied if the program has others of it", async () => {
    const denied = Array.from({ length: 20 }, (_, n) => `denied-${n}`);
    for (const name of denied)
      registry.perRepository.set(name, { mode: "basic", username: "me", password: "marker" });
    const resources = [...denied, "service-0"].map((name) =>
      taskDefinition(name, { app: `${registry.host}/${name}:1` }),
    );
    const found = await analyze("preview", resources);
    const [listed] = found.filter(({ policy }) => policy === "unverified-image");
    for (const name of denied) assert.ok(listed?.message.includes(`${name}:1`), listed?.message);
  });

  it("do not call a base of gzip layers the fault of a mix that the builds make", async () => {
    for (const name of ["one", "two"]) {
      const image = buildImage({
        layers: ["gzip", "gzip", "zstd"],
        family: "docker",
        history: [{ created_by: name }],
      });
      pushImage(registry, name, "1", image);
    }
    const found = await analyze(
      "preview",
      ["one", "two"].map((name) => taskDefinition(name, { app: `${registry.host}/${name}:1` })),
    );
    const [{ message } = { message: "" }] = found;
    assert.match(message, /1 more image has the same cause\. They share 2 gzip base layers/);
    assert.doesNotMatch(message, /Rebuild that base image/);
  });
});
