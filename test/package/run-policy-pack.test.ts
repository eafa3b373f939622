import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { packageFolder, startFile } from "../../scripts/bundle/places";

const ours = join(packageFolder, startFile);
const theirs = require.resolve("@pulumi/pulumi/cmd/run-policy-pack");

/**
 * The SDK registers ts-node for every pack: most of its start, and nothing to packs in JavaScript. This keeps it from loading
 * TypeScript, except for the pack with an error of syntax, which a compiler could word in its own way.
 */
const withoutTypeScript = `
  const Module = require("node:module");
  const load = Module._load;
  Module._load = (name, ...more) =>
    /(?:^typescript|ts-node)(?:$|@)/.test(name) ? { version: "6.0.0", register() {} } : load(name, ...more);`;
const compiled = "is not JavaScript";

/** A pack's code; undefined for a pack without its file. */
const packs: readonly [title: string, code: string | undefined][] = [
  ["ends by itself", "console.log(process.argv.length)"],
  ["exports a function, which is called", "module.exports = () => console.log('called')"],
  ["throws an error", "throw new TypeError('broken')"],
  [
    "throws a RunError, which has no stack for people",
    "throw Object.assign(new Error('plain words'), { __pulumiRunError: true })",
  ],
  ["throws a text", "throw 'only a text'"],
  [compiled, "const = 1"],
  ["requires what is not there", "require('./not-there')"],
  ["has no file", undefined],
  ["exports a promise that rejects", "module.exports = Promise.reject(new Error('later'))"],
  ["throws in a callback once it has run", "setTimeout(() => { throw new Error('much later') }, 20)"],
  ["leaves a rejection unhandled", "Promise.reject(new Error('nobody catches'))"],
  ["exits with a status of its own", "process.exit(7)"],
  ["fails and sets a status of its own", "process.exitCode = 5; throw new Error('both')"],
];

describe("what starts the published pack", function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-start-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** The exit status and both outputs, without frames of stacks and without the names of the starting files. */
  async function run(start: string, args: readonly string[], options: readonly string[] = []) {
    const child = execFile(process.execPath, [...options, start, ...args], {
      timeout: 20_000,
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    const streams = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name]?.on("data", (chunk: string) => {
        streams[name] += chunk;
      });
    const [status] = (await once(child, "close")) as [number | null];
    const shown = (text: string) =>
      text
        .split("\n")
        .filter((line) => !/^\s*at |run-policy-pack/.test(stripVTControlCharacters(line)))
        .join("\n");
    return { status, stdout: shown(streams.stdout), stderr: shown(streams.stderr) };
  }

  for (const [title, code] of packs)
    it(`does with a pack that ${title} what Pulumi's SDK does`, async () => {
      writeFileSync(
        join(folder, "package.json"),
        JSON.stringify({ name: "p", version: "1.0.0", main: "main.js" }),
      );
      if (code !== undefined) writeFileSync(join(folder, "main.js"), code);
      const preload = join(folder, "without-typescript.cjs");
      writeFileSync(preload, withoutTypeScript);
      const args = ["127.0.0.1:1", folder];
      const options = title === compiled ? [] : ["--require", preload];
      const [found, expected] = await Promise.all([run(ours, args), run(theirs, args, options)]);
      assert.deepEqual(found, expected);
    });

  for (const args of [[], ["127.0.0.1:1"]])
    it(`says how it is used when it is given ${args.length} arguments`, async () => {
      assert.deepEqual(await run(ours, args), await run(theirs, args));
    });
});
