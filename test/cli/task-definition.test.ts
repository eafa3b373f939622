import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCli } from "../../support/process/cli";
import { buildImage, pushImage, pushMixedOnArm, pushSized } from "../../support/registry/images";
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
    for (const size of [1, 11, 21]) pushSized(registry, "app", `${size}GiB`, size * 1024 ** 3);
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

  const storage = (sizeInGiB: number) => ({ ephemeralStorage: { sizeInGiB } });
  const sizes: [what: string, names: string[], more: object, code: number, verdicts: string[]][] = [
    ["larger than Fargate's default", ["1GiB", "21GiB"], {}, 1, ["ok", "blocked"]],
    ["that may be too large unpacked", ["11GiB"], {}, 0, ["warning"]],
    ["larger than the storage of the task", ["21GiB", "11GiB"], storage(30), 1, ["blocked", "ok"]],
    ["that fit into the storage of the task", ["21GiB"], storage(100), 0, ["ok"]],
    ["on EC2", ["21GiB"], { requiresCompatibilities: ["EC2"] }, 0, ["ok"]],
  ];
  for (const [what, names, more, expected, verdicts] of sizes)
    it(`exits with ${expected} for images ${what}, and says so at the largest`, async () => {
      const args = ["inspect", "--task-definition", file(definition(names, more)), "--format", "json"];
      const { code, out } = await runCli(args);
      assert.equal(code, expected, out);
      const { images } = JSON.parse(out) as { images: { verdict: string; findings: { policy: string }[] }[] };
      assert.deepEqual(
        images.map(({ verdict }) => verdict),
        verdicts,
      );
      for (const { verdict, findings } of images)
        assert.deepEqual(
          findings.map(({ policy }) => policy),
          verdict === "ok" ? [] : ["image-size"],
        );
    });

  it("reports images that are too large in every format, but not exempt ones", async () => {
    const path = file(definition(["1GiB", "21GiB"]));
    for (const format of ["text", "json", "sarif", "markdown"]) {
      const { code, out } = await runCli(["inspect", "--task-definition", path, "--format", format]);
      assert.equal(code, 1, out);
      assert.match(out, /do not fit into its ephemeral storage/, format);
      assert.match(out, /image-size|blocked/, format);
    }
    const config = join(folder, "guard.json");
    const exclude = [{ image: image("21GiB"), reason: "a test" }];
    writeFileSync(config, JSON.stringify({ "mixed-layer-compression": { exclude } }));
    const { code, out } = await runCli(["inspect", "--task-definition", path, "--config", config]);
    assert.equal(code, 0, out);
  });

  it("judges two task definitions with one image, each by its own storage", async () => {
    const [small, large] = [definition(["21GiB"]), definition(["21GiB"], storage(100))];
    const path = join(folder, "large.json");
    writeFileSync(path, JSON.stringify({ ...large, family: "large" }));
    const args = ["--task-definition", file(small), "--task-definition", path];
    const { out } = await runCli(["inspect", ...args]);
    assert.equal(out.match(/do not fit/g)?.length, 1, out);
    assert.match(out, /task +`shop`/);
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
