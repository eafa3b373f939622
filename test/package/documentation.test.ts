import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { ecsImagePolicies } from "../../policypack";
import { usage } from "../../policypack/cli/arguments";
import { readSettings } from "../../policypack/settings";
import { documentsFrom, linkedFiles } from "../../scripts/bundle/linked-files";
import { packageFolder } from "../../scripts/bundle/places";
import { configSchema } from "../../scripts/config-schema";
import { generatedPages } from "../../scripts/docs";
import { sampleMessages } from "../../support/readme/messages";
import { drawnPictures, imagesFolder } from "../../scripts/pictures";

const checkout = join(__dirname, "../..");
const read = (file: string) => readFileSync(join(checkout, file), "utf8");
const markdownIn = (folder: string) =>
  readdirSync(join(checkout, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join(folder, file));
const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "CHANGELOG.md",
  ...markdownIn("docs"),
  ...markdownIn("examples"),
];

describe("the documentation", () => {
  it("has a README of at most 220 lines", () => {
    assert.ok(read("README.md").split("\n").length <= 221);
  });

  it("has its generated pages up to date (npm run docs)", async () => {
    for (const [file, text] of await generatedPages())
      assert.equal(readFileSync(file, "utf8"), text, `${basename(file)}: run \`npm run docs\``);
  });

  it("has its drawn pictures up to date (npm run pictures)", async () => {
    for (const [file, text] of await drawnPictures())
      assert.equal(readFileSync(join(imagesFolder, file), "utf8"), text, `${file}: run \`npm run pictures\``);
  });

  it("has each policy in the README's table, with its level, and in a section of docs/policies.md", () => {
    for (const { name, enforcementLevel } of ecsImagePolicies()) {
      const row = new RegExp(
        `^\\| \\[\`${name}\`\\]\\(docs/policies.md#${name}\\) +\\| ${String(enforcementLevel)} +\\|`,
        "m",
      );
      assert.match(read("README.md"), row, name);
      assert.match(
        read("docs/policies.md"),
        new RegExp(`^## ${name}\n\n\\*\\*${String(enforcementLevel)}`, "mi"),
        name,
      );
    }
  });

  it("shows messages of every policy, each of at most 24 lines within 80 columns", () => {
    const samples = sampleMessages();
    for (const { name } of ecsImagePolicies())
      assert.ok(
        samples.some(({ policy }) => policy === name),
        name,
      );
    for (const { policy, when, message } of samples) {
      assert.ok(message !== "" && message.split("\n").length <= 24, `${policy}, ${when}:\n${message}`);
      // Code to copy stays in one line.
      for (const line of message.split("\n").filter((text) => !/^ {2}.*\{ /.test(text)))
        assert.ok(line.length <= 80, `${policy}, ${when}:\n${line}`);
    }
  });

  it("describes every option of the command", () => {
    const page = read("docs/cli.md");
    for (const [option] of usage.matchAll(/--[a-z-]{3,}/g)) assert.ok(page.includes(`\`${option}`), option);
  });

  it("has no dead link to a file or a heading", () => {
    for (const file of documents)
      for (const [, target = "", heading] of read(file).matchAll(/\]\(([^)#\s:]*)(?:#([^)\s]+))?\)/g)) {
        const linked = target === "" ? file : join(file, "..", target);
        assert.ok(existsSync(join(checkout, linked)), `${file} links to ${target}`);
        if (heading !== undefined)
          assert.ok(headings(read(linked)).includes(heading), `${file} links to ${linked}#${heading}`);
      }
  });

  it("is in the package if README links to it, or what it links to does", () => {
    const packaged = documentsFrom("README.md", read);
    assert.ok(packaged.length > 10);
    for (const file of packaged) assert.ok(existsSync(join(packageFolder, file)), file);
  });

  it("links from README to every page of docs/", () => {
    const reached = documentsFrom("README.md", read);
    for (const page of markdownIn("docs")) assert.ok(reached.includes(page), page);
    assert.ok(linkedFiles(read("README.md")).includes("docs/policies.md"));
  });

  it("shows configurations that are valid", () => {
    const configurations = documents.flatMap((file) =>
      [...read(file).matchAll(/^```json\n([^]*?)^```$/gm)].map(([, text = ""]) => [file, text] as const),
    );
    assert.ok(configurations.length > 5);
    const known = Object.keys((configSchema() as { properties: object }).properties);
    for (const [file, text] of configurations)
      for (const [policy, value] of Object.entries(JSON.parse(text) as Record<string, object>)) {
        assert.ok(known.includes(policy), `${file}: ${policy}`);
        if (typeof value === "string") continue;
        const settings = Object.entries(value).filter(([key]) => key !== "enforcementLevel");
        assert.deepEqual(readSettings(Object.fromEntries(settings)).problems, [], file);
      }
  });
});

/** The anchors of a document's headings, as GitHub and npm make them. */
function headings(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
