import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { eventually } from "../../support/mocha/eventually";
import { buildImage, pushImage } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";

const command = join(__dirname, "../../dist/bin/cli.js");
/** To the end of the line, as the spinner erases it. */
const erasing = "\u001b[0K";

describe("the progress of ecs-image-guard inspect on a terminal", function () {
  let registry: TestRegistry;
  before(async function () {
    // util-linux's `script` gives a command a terminal.
    if (process.platform !== "linux" || spawnSync("script", ["--version"]).error !== undefined) {
      if (process.env["CI"] !== undefined && process.platform === "linux")
        throw new Error("`script` of util-linux is not on PATH");
      console.log("      skipped: `script` of util-linux is not on PATH");
      this.skip();
    }
    registry = await TestRegistry.start();
    for (const name of ["one", "two"])
      pushImage(registry, name, "1", buildImage({ layers: ["gzip"], family: "docker" }));
  });
  after(() => (registry as TestRegistry | undefined)?.stop());

  it("counts the images that are inspected, and is erased before the report", async () => {
    // The second image answers when its test has seen the progress with the first.
    let held: (() => void) | undefined;
    registry.onRequest = ({ url = "" }, response: ServerResponse) => {
      if (!url.includes("/two/manifests/") || held !== undefined) return false;
      held = () => response.writeHead(404).end();
      return true;
    };
    const images = ["one", "two"].map((name) => `${registry.host}/${name}:1`);
    const child = spawn(
      "script",
      [
        "--quiet",
        "--return",
        "--command",
        [process.execPath, command, "inspect", ...images].join(" "),
        "/dev/null",
      ],
      {
        env: { ...process.env, CI: undefined, TERM: "xterm", NO_COLOR: "1" },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let shown = "";
    child.stdout.on("data", (chunk: Buffer) => {
      shown += chunk.toString("utf8");
    });
    const closed = once(child, "close");
    try {
      await eventually(() => held !== undefined && shown.includes("Inspected 1 of 2 images"));
      assert.doesNotMatch(shown, /linux\/amd64/);
      held?.();
      const [code] = (await closed) as [number | null];
      assert.equal(code, 2, shown);
    } finally {
      child.kill("SIGKILL");
    }
    const report = shown.slice(shown.lastIndexOf(erasing) + erasing.length);
    assert.doesNotMatch(report, /Inspected/);
    assert.match(report, /ok {7}\S+\/one:1 {2}linux\/amd64, 1 layer: gzip\r\n/);
    assert.match(report, /2 images: 1 ok, 1 unverified, \d+\.\d s\r\n/);
  });
});
