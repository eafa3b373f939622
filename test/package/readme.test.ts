import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ecsImagePolicies } from "../../policypack";
import { readSettings } from "../../policypack/settings";
import { linkedFiles } from "../../scripts/bundle/linked-files";
import { packageFolder } from "../../scripts/bundle/places";
import { configSchema } from "../../scripts/config-schema";
import { withSettingsTable } from "../../scripts/settings-table";
import { usage } from "../../policypack/cli/arguments";
import { messagesOfReadme } from "../../support/readme/messages";

const readme = readFileSync(join(__dirname, "../../README.md"), "utf8");

/** The contents of the code blocks of one language. */
function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "gm"))].map(
    ([, text = ""]) => text,
  );
}

describe("the README", () => {
  it("has the table of settings that the schema makes", async () => {
    assert.equal(await withSettingsTable(readme), readme, "run `npm run docs`");
  });

  it("describes every policy with an example", () => {
    for (const { name } of ecsImagePolicies()) {
      const section = readme.split(`### \`${name}\`\n`)[1]?.split("\n### ")[0] ?? "";
      assert.match(section, /^```(?:text|ts|diff)\n/m, `${name} has no section with an example`);
    }
  });

  it("shows messages as the policies word them, or the part of them that matters", () => {
    const shown = blocks("text").map((text) =>
      // As the engine shows it, indented, or as it is.
      (text.startsWith("Policies:") ? text.replaceAll(/^ {10}/gm, "") : text).trim(),
    );
    for (const [name, message] of messagesOfReadme())
      assert.ok(
        shown.some((text) => text.length > 100 && (message.includes(text) || text.endsWith(message))),
        `no block shows this message (${name}):\n${message}`,
      );
  });

  it("leads to a page that names every option of the command", () => {
    assert.ok(readme.includes("](docs/cli.md)"));
    const page = readFileSync(join(__dirname, "../../docs/cli.md"), "utf8");
    for (const [option] of usage.matchAll(/--[a-z-]{3,}/g)) assert.ok(page.includes(`\`${option}`), option);
  });

  it("links only to files that the package contains, and so does each of them", () => {
    for (const file of ["README.md", ...linkedFiles(readme)]) {
      const folder = join(packageFolder, file, "..");
      const text = readFileSync(join(packageFolder, file), "utf8");
      for (const link of linkedFiles(text))
        assert.ok(existsSync(join(folder, link)), `${file} links to ${link}, which is not in the package`);
    }
  });

  it("shows configurations that are right", () => {
    const configurations = blocks("json").map((text) => JSON.parse(text) as Record<string, object>);
    assert.ok(configurations.length > 0);
    const known = Object.keys((configSchema() as { properties: object }).properties);
    for (const configuration of configurations) {
      for (const [policy, value] of Object.entries(configuration)) {
        assert.ok(known.includes(policy), policy);
        if (typeof value === "string") continue;
        const settings = Object.fromEntries(
          Object.entries(value).filter(([key]) => key !== "enforcementLevel"),
        );
        assert.deepEqual(readSettings(settings).problems, []);
      }
    }
  });
});
