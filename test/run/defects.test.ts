import assert from "node:assert/strict";
import { atLevels } from "../../policypack/run/options";
import { imagePolicy } from "../../policypack/run/image-policy";
import { Session } from "../../policypack/run/session";
import { mixedLayerCompression } from "../../policypack/policies/mixed-layer-compression";
import { unverifiedImage } from "../../policypack/policies/unverified-image";
import { analyze, taskDefinition } from "../../support/engine/fake-engine";
import { buildImage, pushImage } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

describe("a policy that fails itself at one image", () => {
  let registry: TestRegistry;
  before(async () => {
    registry = await TestRegistry.start();
    pushImage(registry, "app", "good", buildImage({ layers: ["gzip"], family: "oci" }));
    pushImage(registry, "app", "mixed", buildImage({ layers: ["gzip", "zstd"], family: "oci" }));
  });
  after(() => registry.stop());

  for (const level of ["advisory", "mandatory"] as const)
    for (const mode of ["preview", "update"] as const)
      it(`still reports the others, and the defect as unverified-image would (${level}) in ${mode === "preview" ? "a preview" : "an update"}`, async () => {
        const session = new Session(mixedLayerCompression.name);
        const failing = imagePolicy(session, {
          ...mixedLayerCompression,
          judge: (judged) => {
            if (judged.image.endsWith(":good")) throw new Error("no such field");
            return mixedLayerCompression.judge?.(judged);
          },
        });
        const enforcementLevels = { [unverifiedImage.name]: level };
        const policies = atLevels([failing, imagePolicy(session, unverifiedImage)], { enforcementLevels });
        session.setLevels(policies);
        const resources = ["good", "mixed"].map((tag) =>
          taskDefinition(tag, { app: `${registry.host}/app:${tag}` }),
        );
        const found = await analyze(mode, resources, {}, policies);
        assert.deepEqual(
          found.map(({ policy, urn, level: at }) => [policy, urn.split("::").at(-1), at]),
          [
            [mixedLayerCompression.name, "good", level],
            [mixedLayerCompression.name, "mixed", "mandatory"],
          ],
        );
        assert.match(found[0]!.message, /could not judge \S+app:good: no such field\nThis is a defect of/);
      });
});
