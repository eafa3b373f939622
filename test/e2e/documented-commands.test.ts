import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArguments } from "../../policypack/cli/arguments";
import { documentedCommands } from "../../support/readme/documented-commands";
import { engineFor, EngineStack } from "../../support/engine/engine";
import { isRecord } from "../../policypack/common/values";

const manifest = resolve(__dirname, "../../package.json");

describe("the commands in documents and examples", function () {
  this.timeout(60_000);

  it("name options that this version of Pulumi knows", async function () {
    const engine = await engineFor(this);
    this.timeout(60_000);
    const stack = await EngineStack.create(engine, () => undefined);
    try {
      const commands = new Map(
        documentedCommands("pulumi").map((command) => [command.words.join(" "), command]),
      );
      assert.ok(commands.size >= 8, `only ${commands.size} commands were found`);
      for (const [text, { file, words }] of commands) {
        const options = words.filter((word) => word.startsWith("-"));
        const subcommands = words.slice(0, words[0] === "policy" || words[0] === "stack" ? 2 : 1);
        const { passed, output } = await stack.command(...subcommands, "--help");
        assert.ok(passed && output.includes(`pulumi ${subcommands.join(" ")}`), `${file}: pulumi ${text}`);
        for (const option of options)
          assert.match(output, new RegExp(`(^|\\s)${option}\\b`, "m"), `${file}: pulumi ${text}`);
      }
    } finally {
      stack.remove();
    }
  });

  it("name options that ecs-image-guard knows", () => {
    const commands = documentedCommands("ecs-image-guard");
    assert.ok(commands.length >= 2);
    for (const { file, words } of commands)
      assert.doesNotThrow(() => parseArguments(words), `${file}: ${words.join(" ")}`);
  });

  it("name scripts that package.json has", () => {
    const { scripts }: { scripts?: unknown } = JSON.parse(readFileSync(manifest, "utf8")) as object;
    assert.ok(isRecord(scripts));
    const commands = documentedCommands("npm run");
    assert.ok(commands.length >= 2);
    for (const { file, words } of commands)
      assert.ok(words[0] && words[0] in scripts, `${file}: npm run ${words.join(" ")}`);
  });
});
