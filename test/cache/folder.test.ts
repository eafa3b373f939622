import assert from "node:assert/strict";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CacheFolder } from "../../policypack/cache/folder";

describe("the folder of the cache", () => {
  let directory = "";
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "ecs-image-guard-cache-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  const path = (name = "") => join(directory, "images", name);
  const open = (maxBytes = 1e9) => new CacheFolder(path(), maxBytes);

  it("makes a file that is added to, for its owner alone", function () {
    assert.equal(open().append("file", Buffer.from("a"), 10), true);
    assert.equal(open().append("file", Buffer.from("b"), 10), true);
    assert.equal(readFileSync(path("file"), "latin1"), "ab");
    if (process.platform === "win32") this.skip();
    assert.equal(lstatSync(path("file")).mode & 0o777, 0o600);
    assert.equal(lstatSync(path()).mode & 0o777, 0o700);
  });

  it("adds nothing to a file that would get too long, nor through a link", () => {
    open().write("file", Buffer.from("abc"));
    assert.equal(open().append("file", Buffer.from("d"), 3), false);
    symlinkSync(join(directory, "outside"), path("link"));
    assert.equal(open().append("link", Buffer.from("d"), 3), false);
    assert.equal(readFileSync(path("file"), "latin1"), "abc");
    assert.deepEqual(readdirSync(directory), ["images"]);
  });

  it("is found by those who looked before it was made", () => {
    const early = open();
    assert.equal(early.read("file", 10), undefined);
    open().write("file", Buffer.from("abc"));
    assert.equal(early.size("file"), 3);
    assert.equal(early.read("file", 10)?.bytes.toString(), "abc");
  });

  it("says whether a file was written", () => {
    assert.equal(open(10).write("file", Buffer.alloc(10)), true);
    assert.equal(open(10).write("file", Buffer.alloc(11)), false);
    assert.equal(new CacheFolder("/dev/null/images", 10).write("file", Buffer.alloc(1)), false);
  });

  it("removes the least recently used files if they take more than its bound", () => {
    const maxBytes = 100_000;
    for (let n = 0; n < 60; n++) {
      const name = String(n).padStart(2, "0");
      open(maxBytes).write(name, Buffer.from("x"));
      const time = Date.now() / 1000 - 1_000_000 + n;
      utimesSync(path(name), time, time);
      // One that is used stays.
      if (n > 0) open(maxBytes).touch("00", 2_000_000_000);
    }
    const left = readdirSync(path()).sort();
    assert.ok(left.length * 4_096 <= maxBytes && left.length * 4_096 > maxBytes / 2, `${left.length} files`);
    assert.deepEqual(left, [
      "00",
      ...Array.from({ length: left.length - 1 }, (_, n) => String(60 - left.length + 1 + n)),
    ]);
  });
});
