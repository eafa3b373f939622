import assert from "node:assert/strict";
import { imagesOf, isWorkload, type WorkloadImages } from "../../policypack/workloads";
import { previewed } from "../../support/pulumi/previewed";

const CLASSIC = "aws:ecs/taskDefinition:TaskDefinition";
const NATIVE = "aws-native:ecs:TaskDefinition";
const LINUX_AMD64 = { os: "linux", architecture: "amd64" };

function classic(containerDefinitions: unknown, rest: object = {}): WorkloadImages {
  return imagesOf(CLASSIC, previewed({ containerDefinitions, ...rest }))!;
}

/** The container and image of every use, for the tables that are about nothing else. */
function images(found: WorkloadImages): string[] {
  return found.uses.map((use) => `${use.container}=${use.image}`);
}

describe("a task definition", () => {
  it("is a workload under the type of each provider, and other resources are not", () => {
    for (const type of [CLASSIC, NATIVE]) assert.equal(isWorkload(type), true, type);
    for (const type of [
      "aws:ecs/service:Service",
      "aws:ecs/taskDefinition",
      "",
      "__proto__",
      "constructor",
    ]) {
      assert.equal(isWorkload(type), false, type);
      assert.equal(imagesOf(type, {}), undefined, type);
    }
  });

  it("gives the image, platform, launch types, place and credentials of every container", () => {
    const credentialsParameter = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:hub";
    const containers = [
      { name: "init", image: "busybox", essential: false },
      { name: "app", image: "nginx:1.27", repositoryCredentials: { credentialsParameter } },
      { name: "log", image: "fluent-bit", firelensConfiguration: { type: "fluentbit" } },
    ];
    const rest = { requiresCompatibilities: ["FARGATE", "EC2", "FARGATE", "MOON", 7] };
    const expected = containers.map(({ name, image }, index) => ({
      container: name,
      image,
      platform: LINUX_AMD64,
      launchTypes: ["FARGATE", "EC2"],
      path: `containerDefinitions[${index}].image`,
      ...(index === 1 ? { credentialsParameter } : {}),
    }));
    assert.deepEqual(classic(JSON.stringify(containers), rest), { uses: expected, unreadable: [] });
    const native = imagesOf(NATIVE, previewed({ containerDefinitions: containers, ...rest }));
    assert.deepEqual(native, { uses: expected, unreadable: [] });
  });

  const layouts: readonly (readonly [string, unknown, readonly string[]])[] = [
    ["white space around everything", ' \r\n\t[ { "name" : "a" , "image" : "x" } ]\n', ["a=x"]],
    ["escapes", '[{"n\\u0061me":"a","image":"r\\/x"}]', ["a=r/x"]],
    ["the API's upper-case keys", '[{"Name":"a","IMAGE":"x"}]', ["a=x"]],
    ["keys that differ in case: the last wins, as in Go", '[{"image":"x","Image":"y","name":"a"}]', ["a=y"]],
    ["duplicate keys: the last wins", '[{"image":"x","image":"y","name":"a"}]', ["a=y"]],
    ["an unpaired surrogate, which Go replaces", '[{"name":"a","image":"x\\ud800"}]', ["a=x\ufffd"]],
    [
      "keys of a prototype",
      '[{"__proto__":{"image":"p"},"constructor":null,"image":"x","name":"a"}]',
      ["a=x"],
    ],
    [
      "no names",
      '[{"image":"x"},{"image":"y","name":""},{"image":"z","name":7}]',
      ["container 1=x", "container 2=y", "container 3=z"],
    ],
    ["a ready array", [{ name: "a", image: "x" }], ["a=x"]],
    ["white space in an image, which is the reference's to judge", '[{"name":"a","image":" x "}]', ["a= x "]],
  ];
  for (const [title, definitions, expected] of layouts) {
    it(`is read with ${title}`, () => {
      const found = classic(definitions);
      assert.deepEqual(images(found), expected);
      assert.deepEqual(found.unreadable, []);
    });
  }

  it("of aws-native takes keys exactly as the SDK writes them, and no JSON text", () => {
    const upper = imagesOf(NATIVE, { containerDefinitions: [{ Image: "x" }] })!;
    assert.deepEqual(upper.unreadable[0]?.path, "containerDefinitions[0].image");
    const json = imagesOf(NATIVE, { containerDefinitions: '[{"image":"x"}]' })!;
    assert.equal(json.unreadable[0]?.message, "the container definitions are a string, not an array");
  });

  it("may have thousands of containers", () => {
    const many = Array.from({ length: 5000 }, (_, index) => ({ name: `c${index}`, image: `r:${index}` }));
    const found = classic(JSON.stringify(many));
    assert.equal(found.uses.length, 5000);
    assert.equal(found.uses[4999]?.path, "containerDefinitions[4999].image");
  });

  it("may keep its text in the SDK's Secret", () => {
    class Secret {
      constructor(readonly value: unknown) {}
    }
    assert.deepEqual(images(classic(new Secret('[{"name":"a","image":"x"}]'))), ["a=x"]);
    assert.deepEqual(classic('[{"name":"a","image":{"value":"x"}}]').uses, []);
  });

  it("shows container names in a form that cannot forge a report, cut to 80 characters", () => {
    const names = ["a\u001b[31m\nb", "\u202eevil", "x".repeat(81), "😀".repeat(80)];
    const found = classic(JSON.stringify(names.map((name) => ({ name, image: "x" }))));
    assert.deepEqual(
      found.uses.map((use) => use.container),
      ["a\uFFFD[31m\uFFFDb", "\uFFFDevil", `${"x".repeat(79)}…`, "😀".repeat(80)],
    );
  });
});
