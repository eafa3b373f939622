import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programFolder } from "../../policypack/run/program-files";

describe("the folder of the Pulumi program", () => {
  let root: string;
  const project = (folder: string, text: string, file = "Pulumi.yaml") => {
    mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, folder, file), text);
    return join(root, folder);
  };

  before(() => {
    root = mkdtempSync(join(tmpdir(), "ecs-image-guard-"));
  });
  after(() => {
    rmSync(root, { recursive: true, force: true });
  });

  it("is the one that holds the project of this run, from wherever below it one starts", () => {
    const shop = project("shop", "# ours\nname: shop\nruntime:\n  name: nodejs\n");
    const below = join(shop, "a", "b");
    mkdirSync(below, { recursive: true });
    assert.equal(programFolder("shop", [shop]), shop);
    assert.equal(programFolder("shop", [root, below]), shop);
  });

  it("is unknown if another project is there, or none", () => {
    const other = project("other", "name: other\n");
    assert.equal(programFolder("shop", [other, "/"]), undefined);
    assert.equal(programFolder("shop", []), undefined);
  });

  it("does not look above another project", () => {
    project("mono", "name: shop\n");
    const inner = project("mono/inner", "name: inner\n");
    assert.equal(programFolder("shop", [inner]), undefined);
  });

  it("is that of `main`, as the engine has it", () => {
    const quoted = project("quoted", "name: 'q'\nmain: \"src\" # there\n");
    mkdirSync(join(quoted, "src"));
    assert.equal(programFolder("q", [quoted]), join(quoted, "src"));
    const file = project("file", "name: f\nmain: bin/index.js\n");
    mkdirSync(join(file, "bin"));
    writeFileSync(join(file, "bin", "index.js"), "");
    assert.equal(programFolder("f", [file]), join(file, "bin"));
    const json = project("json", '{ "runtime": "go", "name": "j" }', "Pulumi.json");
    assert.equal(programFolder("j", [json]), json);
  });
});
