import assert from "node:assert/strict";
import { lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CacheFolder } from "../../policypack/cache/folder";
import { RepositoryFile } from "../../policypack/cache/repository-file";

describe("the cached file of a repository", () => {
  let directory = "";
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "ecs-image-guard-cache-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  /** As a process of its own opens it. */
  const open = () => new RepositoryFile(new CacheFolder(join(directory, "images"), 1e9), "file");
  const path = () => join(directory, "images", "file");
  const document = (name: string, length = 10) => [`sha256:${name}`, Buffer.alloc(length, name)] as const;

  it("holds what several runs added, and of two records with one name the last", () => {
    open().addTag("1", "first");
    const second = open();
    second.addDocument(...document("a"));
    second.addTag("1", "last");
    const third = open();
    assert.equal(third.tag("1"), "last");
    assert.deepEqual(third.document("sha256:a"), document("a")[1]);
    assert.deepEqual(readdirSync(join(directory, "images")), ["file"]);
  });

  it("holds documents of any bytes", () => {
    for (const text of ["", "\n", "tag 1 x\n", "sha256:b 3\nabc\n", "\0\xff"]) {
      const bytes = Buffer.from(text, "latin1");
      open().addDocument("sha256:a", bytes);
      assert.deepEqual(open().document("sha256:a"), bytes);
      assert.equal(open().tag("1"), undefined);
    }
  });

  it("holds what two processes add that opened it before it existed", () => {
    const [one, other] = [open(), open()];
    one.addTag("1", "a");
    other.addTag("2", "b");
    one.addTag("3", "c");
    assert.deepEqual(
      ["1", "2", "3"].map((tag) => open().tag(tag)),
      ["a", "b", "c"],
    );
  });

  it("finds what another process added since it was opened", () => {
    open().addTag("0", "first");
    const one = open();
    const other = open();
    other.addTag("1", "a");
    assert.equal(one.tag("1"), "a");
    one.addTag("2", "b");
    other.addDocument(...document("c"));
    assert.equal(other.tag("2"), "b");
    assert.deepEqual(one.document("sha256:c"), document("c")[1]);
  });

  it("keeps the records before one that is broken, and is written again with the next addition", () => {
    const first = open();
    first.addTag("1", "a");
    first.addDocument(...document("a"));
    writeFileSync(path(), "sha256:b 100\nshort", { flag: "a" });
    const second = open();
    assert.equal(second.document("sha256:b"), undefined);
    second.addTag("2", "b");
    const third = open();
    assert.deepEqual([third.tag("1"), third.tag("2")], ["a", "b"]);
    assert.deepEqual(third.document("sha256:a"), document("a")[1]);
  });

  it("that got too long is written again with what a run uses", () => {
    const first = open();
    const names = Array.from({ length: 20 }, (_, n) => `n${n}`);
    for (const name of names) first.addDocument(...document(name, 30_000));
    first.addTag("before", "x");
    const second = open();
    second.tag("before");
    second.document("sha256:n1");
    second.addTag("new", "y");
    second.document("sha256:n2");
    const third = open();
    assert.deepEqual([third.tag("before"), third.tag("new")], ["x", "y"]);
    assert.deepEqual(
      names.filter((name) => third.document(`sha256:${name}`)?.length === 30_000),
      ["n1", "n2"],
    );
  });

  it("does not grow without end over many runs, but holds all that one run adds", () => {
    for (let run = 0; run < 20; run++) {
      const file = open();
      for (const name of ["a", "b", "c"]) file.addDocument(...document(`${name}${run}`, 30_000));
      assert.ok(lstatSync(path()).size < 300_000);
      assert.equal(open().document(`sha256:c${run}`)?.length, 30_000);
    }
    const file = open();
    for (let n = 0; n < 20; n++) file.addDocument(...document(`n${n}`, 30_000));
    const next = open();
    for (let n = 10; n < 20; n++) assert.equal(next.document(`sha256:n${n}`)?.length, 30_000);
  });
});
