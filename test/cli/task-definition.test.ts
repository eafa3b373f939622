import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCli } from "../../support/process/cli";
import { buildImage, pushImage, pushMixedOnArm } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

describe("ecs-image-guard inspect --task-definition", () => {
  let registry: TestRegistry;
  let folder = "";
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-cli-"));
    registry = await TestRegistry.start();
    pushImage(registry, "app", "good", buildImage({ layers: ["gzip"], family: "docker" }));
    pushImage(registry, "app", "mixed", buildImage({ layers: ["gzip", "zstd"], family: "docker" }));
    pushImage(registry, "app", "zstd", buildImage({ layers: ["zstd"], family: "docker" }));
    pushMixedOnArm(registry, "app", "arm-mixed");
  });
  after(async () => {
    await registry.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const image = (name: string) => `${registry.host}/app:${name}`;
  const arm64 = { cpuArchitecture: "ARM64", operatingSystemFamily: "LINUX" };

  function file(content: string | Uint8Array | object): string {
    const path = join(folder, "task.json");
    writeFileSync(
      path,
      typeof content === "string" || content instanceof Uint8Array ? content : JSON.stringify(content),
    );
    return path;
  }

  function definition(names: readonly string[], more: object = {}) {
    const containerDefinitions = names.map((name, at) => ({ name: `c${at}`, image: image(name) }));
    return { family: "shop", containerDefinitions, requiresCompatibilities: ["FARGATE"], ...more };
  }

  const forms: [what: string, content: () => string | Uint8Array | object, code: number][] = [
    ["what describe-task-definition prints", () => ({ taskDefinition: definition(["mixed"]), tags: [] }), 1],
    ["what register-task-definition takes", () => definition(["good", "mixed"]), 1],
    ["good images", () => definition(["good"]), 0],
    [
      "an image mixed on the platform of the task alone",
      () => definition(["arm-mixed"], { runtimePlatform: arm64 }),
      1,
    ],
    ["an image mixed on another platform", () => definition(["arm-mixed"]), 0],
    ["docker's zstd on Fargate", () => definition(["zstd"]), 1],
    ["docker's zstd on EC2", () => definition(["zstd"], { requiresCompatibilities: ["EC2"] }), 0],
    ["a UTF-8 byte order mark", () => `\uFEFF${JSON.stringify(definition(["mixed"]))}`, 1],
    [
      "UTF-16 from PowerShell",
      () => Buffer.from(`\uFEFF${JSON.stringify(definition(["mixed"]))}`, "utf16le"),
      1,
    ],
    [
      "a duplicate key, of which the last counts",
      () => `{"containerDefinitions":[{"name":"c","image":"${image("good")}","image":"${image("mixed")}"}]}`,
      1,
    ],
    ["the skeleton that the CLI generates", () => ({ containerDefinitions: [{ name: "", image: "" }] }), 1],
    [
      "a platform that ECS does not know",
      () => definition(["good"], { runtimePlatform: { cpuArchitecture: "Z80" } }),
      2,
    ],
  ];
  for (const [what, content, code] of forms)
    it(`exits with ${code} for ${what}`, async () => {
      const result = await runCli(["inspect", "--task-definition", file(content())]);
      assert.equal(result.code, code, result.out + result.err);
      assert.equal(result.err, "");
    });

  it("names the containers, and reads standard input and images beside it", async () => {
    const input = JSON.stringify(definition(["mixed", "good"]));
    const args = ["inspect", image("mixed"), "--task-definition", "-"];
    const { out } = await runCli(args, { input });
    assert.match(out, /`shop`: `c0`/);
    assert.match(out, /\n2 images: 1 ok, 1 blocked, /);
    const { images } = JSON.parse((await runCli([...args, "--format", "json"], { input })).out) as {
      images: { image: string; verdict: string; usedBy: unknown }[];
    };
    assert.deepEqual(
      images.map(({ verdict, usedBy }) => ({ verdict, usedBy })),
      [
        { verdict: "blocked", usedBy: [{ taskDefinition: "shop", container: "c0" }] },
        { verdict: "ok", usedBy: [{ taskDefinition: "shop", container: "c1" }] },
      ],
    );
  });

  it("reports a container without an image by its name, in every format", async () => {
    const path = file({ family: "shop", containerDefinitions: [{ name: "app" }] });
    for (const format of ["text", "json", "sarif", "markdown"]) {
      const { code, out } = await runCli(["inspect", "--task-definition", path, "--format", format]);
      assert.equal(code, 2, out);
      assert.match(out, /app/, format);
      assert.match(out, /there is no image/, format);
    }
  });

  const unusable: [what: string, content: string, words: RegExp][] = [
    ["an empty file", " \n", /task\.json is empty\./],
    ["JSON that is cut short", '{"containerDefinitions": [', /line 1, column 27: the text ends too early/],
    ["JSON with a comment", '{ // ours\n "a": 1}', /not valid JSON at line 1, column 3/],
    ["YAML", "family: shop\ncontainerDefinitions: []\n", /not JSON; it looks like YAML/],
    [
      "another document",
      '{"taskDefinitionArns": []}',
      /has no `containerDefinitions`\. Expected the output of `aws ecs/,
    ],
    ["a list", "[]", /has no `containerDefinitions`/],
    ["no containers", '{"containerDefinitions": []}', /has no containers/],
  ];
  for (const [what, content, words] of unusable)
    it(`exits with 3 and says why for ${what}`, async () => {
      const { code, out, err } = await runCli(["inspect", "--task-definition", file(content)]);
      assert.deepEqual([code, out], [3, ""]);
      assert.match(err, words);
      assert.match(err, /^ecs-image-guard: [^\n]+\n$/);
    });

  it("exits with 3 for a file that cannot be read", async () => {
    for (const [path, words] of [
      [join(folder, "none.json"), /Cannot read .*none\.json: no such file or directory\./],
      [folder, /Cannot read .*: it is a directory\./],
    ] as const) {
      const { code, err } = await runCli(["inspect", "--task-definition", path]);
      assert.equal(code, 3);
      assert.match(err, words);
    }
  });
});
