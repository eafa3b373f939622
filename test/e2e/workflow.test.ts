import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { PulumiCommand } from "@pulumi/pulumi/automation";
import { type Finished, finished } from "../../support/process/command";
import { AnyResource, engineFor, EngineStack, Repository } from "../../support/engine/engine";
import { buildImage, pushImage, threeGzipTwelveZstd } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";
import { parseYaml } from "../../support/readme/yaml";
import { isRecord } from "../../policypack/common/values";

const checkout = resolve(__dirname, "../..");

describe("the example workflow of GitHub Actions", function () {
  this.timeout(60_000);
  let registry: TestRegistry;
  let stack: EngineStack | undefined;
  let folder = "";
  const steps = stepsOf(
    parseYaml(readFileSync(join(checkout, "examples/github-actions/preview.yaml"), "utf8")),
  );

  /** A preview of the real engine, as JSON; in the workflow's steps, `pulumi` prints it and `npx` runs this checkout's command. */
  before(async function () {
    const engine = await engineFor(this);
    const jq = await finished(execFile("jq", ["--version"])).catch(() => ({ passed: false }));
    if (!jq.passed) {
      assert.equal(process.env["CI"], undefined, "jq is needed");
      console.log("      skipped: jq is not installed here");
      this.skip();
    }
    registry = await TestRegistry.start();
    pushImage(registry, "app", "mixed", buildImage({ layers: threeGzipTwelveZstd, family: "docker" }));
    folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-workflow-"));
    mkdirSync(join(folder, "bin"));
    script(
      "bin/pulumi",
      `case "$1" in preview) exec '${engine.command}' "$@" --json ;; esac\nexec '${engine.command}' "$@"`,
    );
    stack = await EngineStack.create(
      await PulumiCommand.get({ root: folder, skipVersionCheck: true }),
      () => {
        const image = `${registry.host}/app:mixed`;
        const unknown = new Repository("repository", "example").repositoryUrl;
        const containerDefinitions = [
          { name: "a", image },
          { name: "b", image: unknown },
          { name: "c", image: "127.0.0.1:1/b:1" },
        ];
        new AnyResource("aws:ecs/taskDefinition:TaskDefinition", "classic", {
          containerDefinitions: JSON.stringify([{ name: "app", image }]),
        });
        new AnyResource("aws:ecs/taskDefinition:TaskDefinition", "later", {
          containerDefinitions: unknown.apply((url) => JSON.stringify([{ name: "app", image: url }])),
        });
        new AnyResource("aws-native:ecs:TaskDefinition", "native", { containerDefinitions });
      },
    );
    const { output } = await stack.preview({ packs: [] });
    writeFileSync(
      join(folder, "recorded.json"),
      output.slice(output.indexOf("{"), output.lastIndexOf("}") + 1),
    );
    script("bin/pulumi", `cat '${join(folder, "recorded.json")}'`);
    script("bin/npx", `shift\nexec '${process.execPath}' '${join(checkout, "dist/bin/cli.js")}' "$@"`);
  });

  after(async () => {
    stack?.remove();
    if (folder !== "") rmSync(folder, { recursive: true, force: true });
    // The registry is missing where the suite was skipped.
    await (registry as TestRegistry | undefined)?.stop();
  });

  function script(name: string, body: string): void {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }

  /** As GitHub runs a step on Linux: `bash -e`. */
  function run(name: string): Promise<Finished> {
    const step = steps.find((candidate) => candidate["name"] === name);
    const env = {
      ...process.env,
      STACK: "test",
      PATH: `${join(folder, "bin")}${delimiter}${process.env["PATH"] ?? ""}`,
    };
    return finished(
      execFile("bash", ["-e", "-c", String(step?.["run"])], { cwd: folder, env, timeout: 30_000 }),
    );
  }

  it("lists the known images of a previewed program, each once", async () => {
    const listed = await run("List the images of all task definitions");
    assert.deepEqual(listed, { passed: true, output: "" });
    assert.equal(
      readFileSync(join(folder, "images.txt"), "utf8"),
      `127.0.0.1:1/b:1\n${registry.host}/app:mixed\n`,
    );
  });

  it("writes their findings as SARIF and goes on to the upload", async () => {
    await run("List the images of all task definitions");
    const inspected = await run("Inspect them");
    assert.equal(inspected.passed, true, inspected.output);
    const sarif = JSON.parse(readFileSync(join(folder, "guard.sarif"), "utf8")) as {
      runs: { results: { ruleId: string }[] }[];
    };
    const rules = sarif.runs.flatMap(({ results }) => results.map(({ ruleId }) => ruleId));
    assert.ok(rules.includes("mixed-layer-compression") && rules.includes("unverified-image"), rules.join());
  });

  it("writes nothing for a program that runs no image", async () => {
    writeFileSync(join(folder, "images.txt"), "");
    rmSync(join(folder, "guard.sarif"), { force: true });
    assert.deepEqual(await run("Inspect them"), { passed: true, output: "" });
    assert.throws(() => readFileSync(join(folder, "guard.sarif")), { code: "ENOENT" });
  });

  it("has only steps that run a script or a pinned action", () => {
    assert.ok(steps.length >= 8);
    for (const step of steps) {
      const { run: script, uses } = step;
      assert.ok((typeof script === "string") !== (typeof uses === "string"), JSON.stringify(step));
      if (typeof uses === "string") assert.match(uses, /^[\w-]+\/[\w./-]+@v\d+$/);
    }
  });
});

function stepsOf(workflow: unknown): Record<string, unknown>[] {
  assert.ok(isRecord(workflow) && isRecord(workflow["jobs"]) && isRecord(workflow["jobs"]["preview"]));
  const { steps } = workflow["jobs"]["preview"];
  assert.ok(Array.isArray(steps));
  const list: readonly unknown[] = steps;
  return list.filter(isRecord);
}
