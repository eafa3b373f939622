import assert from "node:assert/strict";
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CacheFolder } from "../../policypack/cache/folder";
import { Shard } from "../../policypack/cache/shard";
import { decodeRecords, documentName, tagName } from "../../policypack/cache/shard-format";
import { ManualClock } from "../../support/mocha/manual-clock";

const repositories = ["a", "b"].map((digit) => digit.repeat(32));
const [repository = "", other = ""] = repositories;

describe("a file that holds documents of several repositories", () => {
  let directory = "";
  let clock = new ManualClock();
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "ecs-image-guard-cache-"));
    clock = new ManualClock();
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  /** As a process of its own opens it. */
  const open = (maxBytes = 1e9) =>
    new Shard(new CacheFolder(join(directory, "images"), maxBytes), "file", () => undefined, clock);
  const path = () => join(directory, "images", "file");
  const size = () => lstatSync(path()).size;
  const text = (value: Uint8Array | undefined) => value && Buffer.from(value).toString("latin1");
  const tag = (shard: Shard, name: string) => text(shard.get(tagName(repository, name)));
  const document = (name: string) => documentName(repository, `sha256:${name}`);
  const addTag = (shard: Shard, name: string, value: string) => {
    shard.add(tagName(repository, name), Buffer.from(value));
  };
  const addDocument = (shard: Shard, name: string, length = 10) => {
    shard.add(document(name), Buffer.alloc(length, name));
  };
  const holds = (shard: Shard, name: string, length = 10) =>
    shard.get(document(name))?.length === length && text(shard.get(document(name)))?.startsWith(name);

  it("holds what several runs added, and of two records with one name the last", () => {
    const first = open();
    addTag(first, "1", "first");
    first.save();
    const second = open();
    addDocument(second, "a");
    addTag(second, "1", "last");
    second.save();
    const third = open();
    assert.equal(tag(third, "1"), "last");
    assert.ok(holds(third, "a"));
    assert.deepEqual(readdirSync(join(directory, "images")), ["file"]);
  });

  it("keeps the same digest of two repositories apart", () => {
    const first = open();
    first.add(documentName(repository, "sha256:a"), Buffer.from("one"));
    first.save();
    assert.equal(open().get(documentName(other, "sha256:a")), undefined);
    const second = open();
    second.add(documentName(other, "sha256:a"), Buffer.from("two"));
    second.save();
    const third = open();
    assert.deepEqual(
      repositories.map((one) => text(third.get(documentName(one, "sha256:a")))),
      ["one", "two"],
    );
  });

  it("has nothing on disk before it is saved, and serves what it holds", () => {
    const shard = open();
    addTag(shard, "1", "a");
    addTag(shard, "1", "b");
    assert.equal(tag(shard, "1"), "b");
    assert.equal(tag(open(), "1"), undefined);
    shard.save();
    assert.equal(readFileSync(path(), "latin1"), `${repository} tag 1 b\n`);
  });

  it("is not written if nothing was added", () => {
    const first = open();
    addDocument(first, "a");
    first.save();
    const { ino, mtimeMs } = lstatSync(path());
    const second = open();
    addDocument(second, "a");
    assert.ok(holds(second, "a"));
    second.save();
    const after = lstatSync(path());
    assert.deepEqual({ ino: after.ino, mtimeMs: after.mtimeMs }, { ino, mtimeMs });
  });

  it("holds what two processes add that opened it before it existed", () => {
    const [one, two] = [open(), open()];
    addTag(one, "1", "a");
    addTag(two, "2", "b");
    addTag(two, "1", "a");
    addTag(one, "3", "c");
    for (const shard of [one, two, one]) shard.save();
    assert.deepEqual(
      ["1", "2", "3"].map((name) => tag(open(), name)),
      ["a", "b", "c"],
    );
    assert.equal(readFileSync(path(), "latin1").split("\n").length, 4, "nothing is there twice");
  });

  it("finds what another process added, within a second or with the next save", async () => {
    const [one, two] = [open(), open()];
    addTag(two, "1", "a");
    two.save();
    assert.equal(tag(one, "1"), undefined);
    await clock.pass(1_000);
    assert.equal(tag(one, "1"), "a");
    addTag(one, "2", "b");
    one.save();
    addTag(two, "3", "c");
    two.save();
    assert.equal(tag(two, "2"), "b");
  });

  const broken: [what: string, end: string][] = [
    ["is cut short", `${document("b")} 100\nshort`],
    ["is cut short in its first line", document("b").slice(0, 40)],
    ["is longer than it says", `${document("b")} 3\nshort\n`],
    ["has no repository", "sha256:b 5\nshort\n"],
    ["has a length that is not a number", `${document("b")} -5\nshort\n`],
    ["is a line without an end", "x".repeat(2_000)],
    ["is zeros, as after a power failure", "\0".repeat(4_096)],
  ];
  for (const [what, end] of broken)
    it(`keeps the records before one that ${what}, and is written again with the next addition`, () => {
      const first = open();
      addTag(first, "1", "a");
      addDocument(first, "a");
      first.save();
      writeFileSync(path(), end, { flag: "a" });
      const second = open();
      assert.equal(second.get(document("b")), undefined);
      addTag(second, "2", "b");
      second.save();
      const third = open();
      assert.deepEqual([tag(third, "1"), tag(third, "2")], ["a", "b"]);
      assert.ok(holds(third, "a"));
      assert.ok(decodeRecords(readFileSync(path())).isWhole);
    });

  it("is written again by a process that read it before another one wrote half a record", () => {
    const first = open();
    addTag(first, "1", "a");
    first.save();
    const second = open();
    writeFileSync(path(), `${document("b")} 30\nhalf`, { flag: "a" });
    addTag(second, "3", "c");
    second.save();
    const third = open();
    assert.deepEqual([tag(third, "1"), tag(third, "3"), third.get(document("b"))], ["a", "c", undefined]);
  });

  it("that was removed meanwhile is made again with what the run uses from then on", () => {
    const first = open();
    addTag(first, "1", "a");
    addTag(first, "2", "b");
    first.save();
    unlinkSync(path());
    addTag(first, "3", "c");
    first.save();
    assert.equal(tag(first, "1"), "a");
    first.save();
    const second = open();
    assert.deepEqual([tag(second, "1"), tag(second, "2"), tag(second, "3")], ["a", undefined, "c"]);
  });

  describe("and got too long", () => {
    const length = 30_000;
    const names = Array.from({ length: 50 }, (_, n) => `n${n}x`);

    it("is written again with what the run used, and the last of what others used", () => {
      const first = open();
      for (const name of names) addDocument(first, name, length);
      first.save();
      const second = open();
      assert.ok(holds(second, "n1x", length));
      addTag(second, "new", "y");
      second.save();
      assert.ok(holds(second, "n2x", length), "what is not in the file any more is still known");
      second.save();
      const third = open();
      assert.equal(tag(third, "new"), "y");
      const kept = names.filter((name) => holds(third, name, length));
      assert.deepEqual(kept.slice(0, 2), ["n1x", "n2x"]);
      assert.deepEqual(kept.slice(2), names.slice(-kept.length + 2));
      assert.ok(kept.length > 10 && kept.length < 20, `${kept.length} are kept`);
    });

    it("seldom costs a stack the documents that another one did not use", () => {
      const own = (stack: string) => Array.from({ length: 7 }, (_, n) => `${stack}${n}x`);
      const missing: string[] = [];
      for (let run = 0; run < 50; run++)
        for (const stack of ["one", "two"]) {
          const shard = open();
          if (run > 0) missing.push(...own(stack).filter((name) => !holds(shard, name, length)));
          for (const name of own(stack)) addDocument(shard, name, length);
          addDocument(shard, `${stack}Pushed${run}x`, length);
          shard.save();
        }
      assert.ok(size() <= 1024 * 1024);
      // Each time that the file got too long, one of the stacks fetches what it lost.
      assert.ok(missing.length <= 70, `${missing.length} of 700 lookups missed`);
    });

    it("does not grow without end over many runs, but holds all that one run adds", () => {
      for (let run = 0; run < 40; run++) {
        const shard = open();
        for (const name of ["a", "b", "c"]) addDocument(shard, `${name}${run}x`, length);
        shard.save();
        assert.ok(size() <= 1024 * 1024);
        assert.ok(holds(open(), `c${run}x`, length));
      }
      const shard = open();
      for (const name of names) {
        addDocument(shard, name, length);
        shard.save();
      }
      const next = open();
      assert.ok(names.every((name) => holds(next, name, length)));
    });

    it("never exceeds an eighth of a small cache", () => {
      const maxBytes = 1024 * 1024;
      const shard = open(maxBytes);
      for (const name of names) {
        addDocument(shard, name, length);
        shard.save();
        assert.ok(size() <= maxBytes / 8);
      }
      assert.ok(holds(open(maxBytes), "n49x", length));
    });
  });
});
