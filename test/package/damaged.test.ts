import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageFolder, startFile } from "../../scripts/bundle/places";
import { finished } from "../../support/process/command";

const parts = readdirSync(join(packageFolder, "bin")).filter((file) =>
  /\.(js|bin)$|^parts\.json$/.test(file),
);

describe("a damaged installation", function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = join(mkdtempSync(join(tmpdir(), "ecs-image-guard-damaged-")), "pack");
    cpSync(packageFolder, folder, { recursive: true });
  });
  after(() => {
    rmSync(join(folder, ".."), { recursive: true, force: true });
  });

  /** What a node program prints that is run with one file of the installation damaged, and put right again. */
  async function damaged(file: string, damage: (path: string) => void, args: readonly string[]) {
    const path = join(folder, file);
    const whole = readFileSync(path);
    damage(path);
    try {
      return await finished(
        execFile(process.execPath, args, { timeout: 10_000, env: { ...process.env, NODE_OPTIONS: "" } }),
      );
    } finally {
      writeFileSync(path, whole);
    }
  }
  const pack = () => [join(folder, startFile), "127.0.0.1:1", folder];
  const missing = (path: string) => {
    rmSync(path);
  };
  const truncated = (path: string) => {
    writeFileSync(path, readFileSync(path).subarray(0, -3));
  };

  it("is distinguished from a complete one, which serves the pack", async () => {
    const child = execFile(process.execPath, pack());
    assert.ok(child.stdout);
    const [port] = (await once(child.stdout, "data")) as [string];
    child.kill();
    assert.match(port, /^\d+\n$/);
  });

  for (const [what, damage] of [
    ["without", missing],
    ["with a cut-off end of", truncated],
  ] as const)
    for (const part of parts)
      // A door without its end is no longer JavaScript, or compares what is there with the list.
      it(`does not start ${what} ${part}`, async () => {
        const { passed, output } = await damaged(`bin/${part}`, damage, pack());
        assert.equal(passed, false, output);
        assert.doesNotMatch(output, /^\d+$/m);
        assert.ok(output.includes(part), output);
      });

  it("makes no policies for another pack, and names the damaged file", async () => {
    const late = parts.find((part) => part.startsWith("late-modules")) ?? "";
    const script = `require(${JSON.stringify(join(folder, "bin/index.js"))}).ecsImagePolicies()`;
    const { passed, output } = await damaged(`bin/${late}`, missing, ["-e", script]);
    assert.equal(passed, false);
    assert.match(
      output,
      /does not start, because its installation in .* is damaged: late-modules-\w+\.js cannot be read \(ENOENT\)/,
    );
  });

  it("runs no command, and reports that in one line", async () => {
    const { passed, output } = await damaged("bin/aws-sdk.js", truncated, [
      join(folder, "bin/cli.js"),
      "nginx",
    ]);
    assert.equal(passed, false);
    assert.match(
      output,
      /^ecs-image-guard does not start, .* aws-sdk\.js is not the published file\. Install it again\.\n$/,
    );
  });
});
