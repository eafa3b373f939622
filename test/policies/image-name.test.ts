import assert from "node:assert/strict";
import { ecsImagePolicies } from "../../policypack";
import { failure } from "../../policypack/common/outcome";
import { LINUX_AMD64 } from "../../policypack/workloads/runtime-platform";
import type { ImageFinding } from "../../policypack/policies/definition";
import { imageName } from "../../policypack/policies/image-name";
import { analyze, taskDefinition, urnOf, type Violation } from "../../support/engine/fake-engine";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
const characters = /ClientException: Container\.image contains invalid characters\./;
const length = /ClientException: Container\.image should be 255 characters or less\./;
const runtime = /CannotPullContainerError: invalid reference format/;

function judged(image: string): ImageFinding | undefined {
  return imageName.judge?.({
    image,
    platform: LINUX_AMD64,
    users: [{ workload: { name: "web" }, use: { container: "app" } }],
    inspection: failure("unreachable", "not looked up"),
    runtimes: [],
    allowOciMix: false,
    toCome: false,
    isActive: () => true,
  });
}

const ofLength = (n: number) => `r.example/${"a".repeat(n - 12)}:1`;

describe("an image name", () => {
  for (const good of [
    "nginx",
    "nginx:1.27",
    `nginx@${digest}`,
    `nginx:1.27@${digest}`,
    "Registry.Example:5000/team/app:V1_x",
    "my_host.example/app:1",
    "[::1]:5000/app",
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:1",
    "undefined/app:1",
    "r.example/app:undefined",
    // The grammar takes it for a tag of a repository `sha256`.
    digest,
    ofLength(255),
  ])
    it(`is fine: ${good.slice(0, 60)}`, () => {
      assert.equal(judged(good), undefined);
    });

  const otherTag = (tag: string) => `choose another tag where you build and where you deploy, such as ${tag}`;
  const generic = "write registry/repository:tag or registry/repository@sha256:…";
  const placeholder = "replace the placeholder by its value, in TypeScript with pulumi.interpolate`…`";
  const shorter = "choose a shorter repository or tag";
  for (const [bad, refusal, fix = generic] of [
    ["https://r.example/app:1", runtime, "write r.example/app:1"],
    ["docker://nginx:1.27", runtime, "write nginx:1.27"],
    [" nginx:1.27", characters, "write nginx:1.27"],
    ["nginx:1.27\n", characters, "write nginx:1.27"],
    ["nginx 1.27", characters],
    ["<IMAGE1_NAME>", characters, placeholder],
    ["$ECR/app:1", characters, placeholder],
    ["${IMAGE}", characters, placeholder],
    ["{{ image }}:1", characters, placeholder],
    ["r.example/App:1", runtime, "write r.example/app:1"],
    ["r.example/Team/app:V1", runtime, "write r.example/team/app:V1"],
    ["MyApp", runtime, "write myapp"],
    ["nginx:", runtime],
    ["nginx:-1", runtime, otherTag("1")],
    ["nginx#1", runtime],
    ["r.example//app", runtime],
    ["r.example/app/", runtime, "write r.example/app"],
    ["/app", runtime],
    [`nginx:${"a".repeat(129)}`, runtime, shorter],
    ["nginx@sha256:1234", runtime],
    [`nginx@${digest.toUpperCase()}`, runtime],
    ["nginx@", runtime],
    [digest.slice(7), runtime],
    ["ngïnx:1", characters],
    [ofLength(256), length, shorter],
    [`${ofLength(256)}@${digest}`, length, shorter],
    ["registry.example/app:{tag}", characters, placeholder],
    ["nginx: 1.27", characters, "write nginx:1.27"],
    ["'nginx:1.27'", characters, "write nginx:1.27"],
    ["nginx:1.27/", runtime, "write nginx:1.27"],
    ["docker pull nginx", characters],
    ["nginx:feature/x", runtime, otherTag("feature-x")],
    ["r.example:5000/team/app:feature/x", runtime, otherTag("feature-x")],
    ["team/app:1.0+build.5", runtime, otherTag("1.0-build.5")],
    ["team/app:my tag", characters, otherTag("my-tag")],
    ["r.example:port/app", runtime],
    ["r.example/app:1?token=planted", characters],
    ["C:\\app", characters],
    [`r.example/${"a/".repeat(130)}b:1`, runtime, shorter],
    [
      "arn:aws:ecr:eu-west-1:123456789012:repository/team/app:1",
      runtime,
      "write 123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:1",
    ],
    [
      "arn:aws-cn:ecr:cn-north-1:123456789012:repository/app",
      runtime,
      "write 123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/app",
    ],
    ["arn:aws:iam::123456789012:role/app", runtime],
  ] as const)
    it(`is refused: ${JSON.stringify(bad).slice(0, 60)}`, () => {
      const found = judged(bad);
      assert.ok(found !== undefined && found.remark !== true);
      assert.match(found.message, refusal);
      assert.match(found.message, /used by +`web`: `app`\nproblem /);
      const [, told = ""] = /\nfix {5}([^]*)$/.exec(found.message) ?? [];
      assert.equal(told.replaceAll(/\n +/g, " "), fix);
      assert.doesNotMatch(found.message, /planted/);
    });

  it("may be refused if only its digest makes it longer than 255 characters", () => {
    const found = judged(`${ofLength(200)}@${digest}`);
    assert.ok(found?.remark);
    assert.match(found.message, /may refuse/);
  });

  it("is never shown with a login that it contains", () => {
    const found = judged("https://ci:pl4nted@r.example/app:1");
    assert.match(found?.message ?? "", /…@r\.example/);
    assert.doesNotMatch(found?.message ?? "", /pl4nted/);
  });
});

describe("in a program, an impossible image name", () => {
  const name = "Not A Name";
  const texts: Record<string, string> = {
    name,
    empty: "",
    undefined: "undefined",
    promise: "[object Promise]",
    output: "Calling [toString] on an [Output<T>] is not supported.",
  };
  const program = Object.entries(texts).map(([key, image]) => taskDefinition(key, { app: image }));
  const short = ({ policy, level, urn }: Violation) => `${policy} ${level} ${urn.split("::").at(-1) ?? ""}`;
  const without = (policy: string) => ecsImagePolicies().filter((one) => one.name !== policy);

  for (const mode of ["preview", "update"] as const)
    it(`blocks ${mode === "preview" ? "a preview" : "an update"}, and is reported once`, async () => {
      const found = await analyze(mode, program);
      assert.deepEqual(
        found.map(short).sort(),
        Object.keys(texts)
          .map((key) => `image-name mandatory ${key}`)
          .sort(),
      );
      for (const { message } of found) {
        assert.match(message, /^ECS cannot use this image name/);
        assert.ok(message.split("\n").length <= 24);
        assert.ok(message.split("\n").every((line) => line.length <= 80));
      }
    });

  it("is reported with the property and the fix if the program converted a value too early", async () => {
    const [found] = await analyze("preview", [taskDefinition("web", { app: texts["output"]! })]);
    assert.match(found!.message, /resource +`web`\ncontainer +`app`\nat +containerDefinitions\[0\]\.image\n/);
    assert.match(found!.message, /fix +In Node\.js, use pulumi\.interpolate/);
  });

  it("is reported by unverified-image if image-name is disabled", async () => {
    const found = await analyze("preview", program, {}, without("image-name"));
    assert.deepEqual(
      found.map(short).sort(),
      Object.keys(texts)
        .map((key) => `unverified-image advisory ${key}`)
        .sort(),
    );
  });

  it("can be exempted by image, and by resource", async () => {
    const because = { reason: "a test" };
    for (const exclude of [[{ image: name, ...because }], [{ resource: "web", ...because }]]) {
      const web = taskDefinition("web", { app: name });
      const found = await analyze("preview", [web], { "mixed-layer-compression": { exclude } });
      assert.deepEqual(
        found.map(({ level, urn }) => [level, urn]),
        [["advisory", urnOf(web)]],
      );
      assert.match(found[0]!.message, /Not checked: /);
    }
  });
});
