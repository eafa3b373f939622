import assert from "node:assert/strict";
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { inputsOf, isUpToDate, writeStamp } from "../../scripts/bundle/stamp";

const files = [
  "README.md",
  "package-lock.json",
  "policypack/index.ts",
  "scripts/build.ts",
  "test/a.test.ts",
  "node_modules/.package-lock.json",
  "dist/package.json",
  "dist/bin/pack.js",
];

describe("a build", () => {
  let folder: string;
  const at = (path: string) => join(folder, path);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-stamp-"));
    for (const file of files) {
      mkdirSync(dirname(at(file)), { recursive: true });
      writeFileSync(at(file), file);
    }
    writeStamp(inputsOf(folder), at("dist"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const add = (path: string) => () => {
    writeFileSync(at(path), "new");
  };
  const change = (path: string) => () => {
    appendFileSync(at(path), " changed");
  };
  const remove = (path: string) => () => {
    rmSync(at(path));
  };
  const changes: readonly [what: string, change: () => void, upToDate: boolean][] = [
    ["nothing changed", () => undefined, true],
    ["a test changed", change("test/a.test.ts"), true],
    ["a source changed", change("policypack/index.ts"), false],
    ["a source was added", add("policypack/more.ts"), false],
    ["a source was removed", remove("policypack/index.ts"), false],
    [
      "a source was moved",
      () => {
        cpSync(at("policypack/index.ts"), at("policypack/moved.ts"));
        rmSync(at("policypack/index.ts"));
      },
      false,
    ],
    ["what builds it changed", change("scripts/build.ts"), false],
    ["a document changed", change("README.md"), false],
    ["the lock file changed", change("package-lock.json"), false],
    ["npm installed other packages", change("node_modules/.package-lock.json"), false],
    ["a built file was damaged", change("dist/bin/pack.js"), false],
    ["a built file was removed", remove("dist/bin/pack.js"), false],
    [
      "a built file cannot be read",
      () => {
        rmSync(at("dist/bin"), { recursive: true });
      },
      false,
    ],
    ["a file was left in the package", add("dist/bin/left-behind.js"), false],
    [
      "the stamp was damaged",
      () => {
        writeFileSync(at("dist/build-stamp.json"), "{");
      },
      false,
    ],
    [
      "there is no build",
      () => {
        rmSync(at("dist"), { recursive: true });
      },
      false,
    ],
  ];
  for (const [what, changed, upToDate] of changes)
    it(`is ${upToDate ? "skipped" : "made again"} if ${what}`, () => {
      changed();
      assert.equal(isUpToDate(inputsOf(folder), at("dist")), upToDate);
    });
});
