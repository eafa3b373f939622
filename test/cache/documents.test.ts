import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DocumentCache, saveDocuments } from "../../policypack/cache/documents";
import { imageFolder } from "../../policypack/cache/location";
import { sha256Of } from "../../policypack/oci/digest";
import { ManualClock } from "../../support/mocha/manual-clock";

const name = (repository: string) => ({ registry: "registry.example", repository });
const app = name("app");

describe("the cache of documents", () => {
  let directory = "";
  let clock = new ManualClock();
  let opened: DocumentCache[] = [];
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "ecs-image-guard-cache-"));
    clock = new ManualClock();
    opened = [];
  });
  afterEach(() => {
    for (const cache of opened) cache.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const open = () => {
    const cache = DocumentCache.open({ directory }, clock);
    assert.ok(cache);
    opened.push(cache);
    return cache;
  };
  /** As another process reads it, which knows only what is on disk. */
  const onDisk = () => {
    const folder = imageFolder({ directory });
    assert.ok(folder);
    return new DocumentCache(folder);
  };
  const files = () => {
    const folder = imageFolder({ directory })?.path ?? "";
    return readdirSync(folder).map((file) => join(folder, file));
  };
  const document = (text: string) => {
    const bytes = Buffer.from(text);
    return [sha256Of(bytes), bytes] as const;
  };
  const [digest, bytes] = document("{}");

  it("holds additions for a second, and writes them together", async () => {
    const cache = open();
    cache.keep(app, digest, bytes);
    await clock.pass(600);
    cache.remember(app, "1", digest);
    await clock.pass(399);
    assert.equal(onDisk().document(app, digest), undefined);
    assert.deepEqual(cache.document(app, digest), bytes);
    await clock.pass(1);
    assert.deepEqual(onDisk().document(app, digest), bytes);
    assert.deepEqual(onDisk().tag(app, "1"), { digest });
    assert.deepEqual(clock.waits, []);
    cache.remember(app, "2", digest);
    assert.deepEqual(clock.waits, [1_000]);
  });

  const ways: [what: string, save: (cache: DocumentCache) => void][] = [
    [
      "is saved",
      (cache) => {
        cache.save();
      },
    ],
    [
      "is closed",
      (cache) => {
        cache.close();
      },
    ],
    ["is saved with all others of the process", saveDocuments],
  ];
  for (const [what, save] of ways)
    it(`writes at once what it holds if it ${what}`, () => {
      const cache = DocumentCache.open({ directory }, clock);
      assert.ok(cache);
      cache.keep(app, digest, bytes);
      save(cache);
      assert.deepEqual(onDisk().document(app, digest), bytes);
      assert.deepEqual(clock.waits, [], "nothing is left to wait for");
      if (!what.includes("closed")) cache.close();
    });

  it("writes at once if it holds more than 4 MiB", () => {
    const cache = open();
    const keep = (n: number) => {
      cache.keep(name(`app-${n}`), ...document(String(n).repeat(1024 * 1024 - 200)));
    };
    for (let n = 0; n < 4; n++) keep(n);
    assert.throws(files, /ENOENT/);
    keep(4);
    assert.ok(files().length > 1);
    assert.deepEqual(clock.waits, []);
  });

  it("does not keep a process alive that ends without closing it", () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const before = timers();
    const cache = DocumentCache.open({ directory });
    cache?.keep(app, digest, bytes);
    assert.equal(timers(), before);
    cache?.close();
  });

  it("of one folder is one in a process: each user finds what others hold, until the last has closed it", () => {
    const [one, other] = [open(), open()];
    one.keep(app, digest, bytes);
    assert.deepEqual(other.document(app, digest), bytes);
    one.close();
    opened = [other];
    other.keep(name("b"), digest, bytes);
    assert.deepEqual(open().document(name("b"), digest), bytes);
    assert.equal(onDisk().document(name("b"), digest), undefined);
  });

  it("knows a document in the repositories that it was kept for, whatever the case of the registry", () => {
    const cache = open();
    // Enough that several repositories share a file.
    const repositories = Array.from({ length: 100 }, (_, n) => name(`app-${n}`));
    for (const one of repositories.slice(0, 50)) cache.keep(one, digest, bytes);
    cache.save();
    const read = onDisk();
    assert.deepEqual(
      repositories.filter((one) => read.document(one, digest) !== undefined),
      repositories.slice(0, 50),
    );
    assert.deepEqual(read.document({ ...name("app-1"), registry: "REGISTRY.example" }, digest), bytes);
    assert.equal(read.document({ ...name("app-1"), registry: "other.example" }, digest), undefined);
    assert.ok(files().length <= 32, `${files().length} files`);
  });

  it("does not return a document that was changed on disk, and replaces it", () => {
    const cache = open();
    cache.keep(app, ...document("original"));
    cache.save();
    const [file = ""] = files();
    writeFileSync(file, readFileSync(file, "latin1").replace("original", "modified"), "latin1");
    const other = onDisk();
    assert.equal(other.document(app, document("original")[0]), undefined);
    other.keep(app, ...document("original"));
    other.save();
    assert.deepEqual(onDisk().document(app, document("original")[0]), document("original")[1]);
  });

  it("never returns bytes under a digest that is not theirs, though they were verified under another", () => {
    const cache = open();
    cache.keep(app, digest, bytes);
    assert.deepEqual(cache.document(app, digest), bytes);
    const [wrong] = document("other");
    cache.keep(app, wrong, bytes);
    assert.equal(cache.document(app, wrong), undefined);
    assert.deepEqual(cache.document(app, digest), bytes);
  });
});
