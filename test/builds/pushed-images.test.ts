import assert from "node:assert/strict";
import { pushedImages } from "../../policypack/builds/pushed-images";
import { previewed, UNKNOWN } from "../../support/pulumi/previewed";

const build = "docker-build:index:Image";
const v4 = "docker:index/image:Image";

describe("the images that a resource will push", () => {
  const cases: readonly [
    type: string,
    props: Record<string, unknown>,
    images: string[],
    unknown?: boolean,
  ][] = [
    [build, { tags: ["r/a:1", "r/a:2"], push: true }, ["r/a:1", "r/a:2"]],
    [build, { tags: ["r/a:1"], exports: [{ registry: {} }] }, ["r/a:1"]],
    [build, { tags: ["r/a:1"], exports: [{ local: { dest: "o" } }], push: false }, []],
    [build, { tags: ["r/a:1"] }, []],
    [build, { tags: [UNKNOWN.string, "r/a:1"], push: true }, ["r/a:1"], true],
    [build, { tags: UNKNOWN.array, push: true }, [], true],
    [build, { tags: ["r/a:1"], push: UNKNOWN.boolean }, ["r/a:1"]],
    [build, { exports: [{ registry: { names: ["r/a:1"] } }] }, ["r/a:1"]],
    [build, { exports: [{ raw: 'type=registry,"name=r/a:1,r/a:2"' }] }, ["r/a:1", "r/a:2"]],
    [build, { tags: ["r/a:1"], exports: [{ registry: { names: ["r/b:1"] } }] }, ["r/a:1"]],
    [build, { exports: UNKNOWN.array }, [], true],
    ["docker-build:index:Index", { tag: "r/a:1", sources: ["r/b"] }, ["r/a:1"]],
    ["docker-build:index:Index", { tag: "r/a:1", push: false }, []],
    [v4, { imageName: "r/a:1" }, ["r/a:1"]],
    [v4, { imageName: "r/a:1", skipPush: true }, []],
    [v4, { imageName: UNKNOWN.string }, [], true],
    ["docker:index/registryImage:RegistryImage", { name: "r/a:1" }, ["r/a:1"]],
    ["docker:index/remoteImage:RemoteImage", { name: "r/a:1" }, []],
    ["awsx:ecr:Image", { repositoryUrl: "r/a", imageTag: "1" }, ["r/a:1"]],
    ["awsx:ecr:Image", { repositoryUrl: "r/a" }, [], true],
    ["awsx:ecr:RegistryImage", { repositoryUrl: "r/a", sourceImage: "x" }, ["r/a:latest"]],
    ["aws:ecs/taskDefinition:TaskDefinition", { imageName: "r/a:1" }, []],
    ["toString", {}, []],
  ];
  for (const [type, props, images, unknown = false] of cases)
    it(`are ${images.join(" and ") || "none"}${unknown ? " and unknown ones" : ""} for ${type} ${JSON.stringify(props)}`, () => {
      assert.deepEqual(pushedImages(type, previewed(props)), { images, unknown });
    });

  it("are absent if the properties have other types", () => {
    for (const props of [undefined, null, 1, "x", []])
      assert.deepEqual(pushedImages(build, props), { images: [], unknown: false });
  });
});
