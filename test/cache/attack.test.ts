import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { buildImage, pushImage, pushIndex } from "../../support/registry/images";
import { amd64, cachedBench } from "../../support/registry/cached-run";

const good = buildImage({ layers: ["gzip"], family: "docker", platform: amd64 });
const mixed = buildImage({ layers: ["gzip", "zstd"], family: "docker", platform: amd64 });
const asRoot = process.getuid?.() === 0;

describe("a cache that was tampered with", () => {
  const bench = cachedBench();
  let outside = "";

  beforeEach(() => {
    outside = mkdtempSync(join(tmpdir(), "ecs-image-guard-outside-"));
    pushIndex(bench.registry, "app", "mixed", [mixed]);
    pushImage(bench.registry, "app", "good", good);
  });
  afterEach(() => {
    rmSync(outside, { recursive: true, force: true });
  });

  /** Every file is spoilt alike; a verdict must not depend on any. */
  const spoil: [what: string, file: (path: string) => void][] = [
    [
      "truncated to nothing",
      (path) => {
        truncateSync(path, 0);
      },
    ],
    [
      "truncated in the middle",
      (path) => {
        truncateSync(path, Math.floor(lstatSync(path).size / 2));
      },
    ],
    [
      "longer than they were",
      (path) => {
        writeFileSync(path, " ", { flag: "a" });
      },
    ],
    [
      "full of zeros",
      (path) => {
        writeFileSync(path, Buffer.alloc(lstatSync(path).size));
      },
    ],
    [
      "huge",
      (path) => {
        truncateSync(path, 6 * 1024 * 1024);
      },
    ],
    [
      "given a first line that says they are web pages, as version 0.1 read it",
      (path) => {
        const digest = /sha\d+-\w+$/.exec(path)?.[0].replace("-", ":") ?? "";
        const seal = createHash("sha256")
          .update(JSON.stringify([digest, "text/html"]))
          .digest("hex");
        writeFileSync(path, Buffer.concat([Buffer.from(`${seal} text/html\n`), readFileSync(path)]));
      },
    ],
    [
      "links to a copy outside",
      (path) => {
        const target = join(outside, basename(path));
        renameSync(path, target);
        symlinkSync(target, path);
      },
    ],
    [
      "links to nowhere",
      (path) => {
        unlinkSync(path);
        symlinkSync(join(outside, "nowhere"), path);
      },
    ],
    [
      "links to themselves",
      (path) => {
        unlinkSync(path);
        symlinkSync(path, path);
      },
    ],
    [
      "empty folders",
      (path) => {
        unlinkSync(path);
        mkdirSync(path);
      },
    ],
    [
      "folders with something in them",
      (path) => {
        unlinkSync(path);
        mkdirSync(join(path, "mine"), { recursive: true });
      },
    ],
    [
      "unreadable",
      (path) => {
        chmodSync(path, 0);
      },
    ],
    [
      "from 1970",
      (path) => {
        utimesSync(path, 0, 0);
      },
    ],
    [
      "from the future, as after the clock was set back",
      (path) => {
        utimesSync(path, 4e9, 4e9);
      },
    ],
  ];
  for (const [what, file] of spoil) {
    it(`gives the same verdicts if its files are ${what}`, async () => {
      const verdicts = async () => [await bench.inspect("app:mixed"), await bench.inspect("app:good")];
      const before = await verdicts();
      bench.files().forEach(file);
      assert.deepEqual(await verdicts(), before);
      assert.deepEqual(await verdicts(), before);
      assert.ok(readdirSync(outside).every((name) => lstatSync(join(outside, name)).size > 0));
    });
  }

  it("replaces broken files", async () => {
    await bench.inspect("app:mixed");
    for (const [, file] of spoil.filter(
      ([what]) => !/something in them|unreadable|from (?:1970|the future)/.test(what),
    )) {
      bench.files().forEach(file);
      await bench.inspect("app:mixed");
      bench.asked();
      await bench.inspect("app:mixed");
      assert.deepEqual(bench.asked(), ["HEAD manifests/mixed"]);
    }
  });

  it("gives the same verdicts if files have each other's names", async () => {
    const before = [await bench.inspect("app:mixed"), await bench.inspect("app:good")];
    const files = bench.files();
    const last = files.at(-1)!;
    copyFileSync(last, join(outside, "last"));
    for (let i = files.length - 1; i > 0; i--) renameSync(files[i - 1]!, files[i]!);
    copyFileSync(join(outside, "last"), files[0]!);
    assert.deepEqual([await bench.inspect("app:mixed"), await bench.inspect("app:good")], before);
  });

  it("ignores content that was put in place of another's", async () => {
    await bench.inspect("app:mixed");
    for (const path of bench.files()) writeFileSync(path, good.manifest);
    assert.equal((await bench.inspect("app:mixed")).layers.length, 2);
  });

  for (const [name, path, bytes] of [
    ["app:mixed", mixed.digest, mixed.manifest],
    ["app:good", "good", good.manifest],
  ] as const)
    it(`does not keep the wrong content type of ${name}`, async () => {
      bench.registry.onRequest = ({ url = "" }, response) => {
        const wrong = url.endsWith(`/${path}`);
        if (wrong) response.writeHead(200, { "content-type": "text/html" }).end(bytes);
        return wrong;
      };
      await bench.outcome(name);
      bench.registry.onRequest = undefined;
      assert.equal((await bench.inspect(name)).layers.length, name === "app:good" ? 1 : 2);
    });

  const folders: [what: string, prepare: (folder: string) => void][] = [
    [
      "a link to another folder",
      (folder) => {
        symlinkSync(outside, folder);
      },
    ],
    [
      "a link to nowhere",
      (folder) => {
        symlinkSync(join(outside, "nowhere"), folder);
      },
    ],
    [
      "a file",
      (folder) => {
        writeFileSync(folder, "");
      },
    ],
  ];
  for (const [what, prepare] of folders) {
    for (const place of ["the folder that was named", "the folder in it"]) {
      it(`is not used if ${place} is ${what}`, async () => {
        const named = join(bench.directory, "named");
        const inner = place === "the folder in it";
        if (inner) mkdirSync(named);
        prepare(inner ? join(named, "images-v1") : named);
        for (let run = 0; run < 2; run++) {
          const found = await bench.inspect("app:mixed", { cache: { directory: named } });
          assert.equal(found.config?.rootfs.diffIds?.length, 2);
        }
        assert.deepEqual(readdirSync(outside), []);
      });
    }
  }

  it("is made private if others may read it", async function () {
    if (process.platform === "win32") this.skip();
    await bench.inspect("app:good");
    const folder = join(bench.directory, "images-v1");
    chmodSync(folder, 0o777);
    await bench.inspect("app:good");
    assert.equal(lstatSync(folder).mode & 0o777, 0o700);
  });

  it("is not used if it belongs to another user", async function () {
    if (!asRoot) this.skip();
    mkdirSync(join(bench.directory, "images-v1"));
    const { chownSync } = await import("node:fs");
    chownSync(join(bench.directory, "images-v1"), 12345, 12345);
    await bench.inspect("app:good");
    assert.deepEqual(bench.files(), []);
  });

  // Root may write anywhere but if there is nothing to write to.
  const readOnly = asRoot ? ["/proc/ecs-image-guard", "/dev/null/ecs-image-guard"] : ["read-only"];
  for (const home of readOnly) {
    it(`is skipped if its folder cannot be written (${home})`, async () => {
      chmodSync(bench.directory, 0o500);
      const directory = join(bench.directory, home);
      const places = asRoot ? [home] : [directory];
      for (const place of places)
        assert.equal(
          (await bench.inspect("app:mixed", { cache: { directory: place } })).config?.rootfs.diffIds?.length,
          2,
        );
      chmodSync(bench.directory, 0o700);
    });
  }
});
