import assert from "node:assert/strict";
import type { PolicyResource } from "@pulumi/policy";
import { mayFollowPush } from "../../../policypack/run/prefetch/push-dependencies";

describe("before a task definition, an image may be pushed", () => {
  const resource = (type: string, ...dependencies: PolicyResource[]) =>
    ({ type, urn: `urn:${type}`, dependencies, propertyDependencies: {} }) as unknown as PolicyResource;
  const cases: [type: string, may: boolean][] = [
    ["docker-build:index:Image", true],
    ["docker:index/image:Image", true],
    ["command:local:Command", true],
    ["pulumi-nodejs:dynamic:Resource", true],
    ["awsx:ecr:Image", true],
    ["aws:imagebuilder/image:Image", true],
    ["aws:lambda/invocation:Invocation", true],
    ["aws:ecr/repository:Repository", false],
    ["aws:iam/role:Role", false],
    ["aws-native:ecs:Cluster", false],
    ["random:index/randomId:RandomId", false],
    ["pulumi:providers:aws", false],
  ];
  for (const [type, may] of cases) {
    it(`${may ? "" : "never "}if it depends on ${type}`, () => {
      const direct = resource("aws:ecs/taskDefinition:TaskDefinition", resource(type));
      assert.equal(mayFollowPush(direct), may);
      assert.equal(mayFollowPush(resource("x", resource("aws:iam/role:Role", resource(type)))), may);
    });
  }

  it("if one property depends on it", () => {
    const image = resource("docker:index/image:Image");
    const task = { ...resource("x"), propertyDependencies: { containerDefinitions: [image] } };
    assert.equal(mayFollowPush(task), true);
  });

  it("never if dependencies are unknown, or go in a circle", () => {
    assert.equal(mayFollowPush({ type: "x", urn: "y" } as PolicyResource), false);
    const a = resource("aws:a:A");
    a.dependencies.push(resource("aws:b:B", a));
    assert.equal(mayFollowPush(a), false);
  });
});
