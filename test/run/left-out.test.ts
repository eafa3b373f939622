import assert from "node:assert/strict";
import { imageBuildOf } from "../../policypack/builds/image-build";
import { analyze } from "../../support/engine/fake-engine";
import { previewed } from "../../support/pulumi/previewed";

/** Every kind of resource, with one of its inputs that is not its containers. */
const types: readonly (readonly [type: string, props: Record<string, unknown>])[] = [
  ["aws:ecs/taskDefinition:TaskDefinition", { family: "web" }],
  ["aws-native:ecs:TaskDefinition", { family: "web" }],
  ["aws:ecs/daemonTaskDefinition:DaemonTaskDefinition", { family: "web" }],
  ["aws-native:ecs:DaemonTaskDefinition", { family: "web" }],
  ["aws:ecs/expressGatewayService:ExpressGatewayService", { serviceName: "web" }],
  ["aws-native:ecs:ExpressGatewayService", { serviceName: "web" }],
  ["aws:batch/jobDefinition:JobDefinition", { type: "container" }],
  ["aws-native:batch:JobDefinition", { type: "container" }],
];

describe("a new resource that the run leaves out (--target, --exclude)", () => {
  for (const [type, props] of types) {
    for (const mode of ["preview", "update"] as const)
      it(`has no inputs, and is not reported in ${mode === "update" ? "an" : "a"} ${mode}: ${type}`, async () => {
        assert.deepEqual(await analyze(mode, [{ type, name: "web", props: {} }]), []);
        const [found, ...others] = await analyze(mode, [{ type, name: "web", props }]);
        assert.equal(found?.policy, "unverified-image");
        assert.match(found.message, /there (?:are|is) no container/);
        assert.deepEqual(others, []);
      });
  }

  for (const type of ["docker-build:index:Image", "docker:index/image:Image"])
    it(`builds nothing: ${type}`, () => {
      assert.equal(imageBuildOf(type, previewed({})), undefined);
    });
});
