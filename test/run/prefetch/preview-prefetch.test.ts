import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Inspector } from "../../../policypack/inspection/inspector";
import { analyze, nameStack } from "../../../support/engine/fake-engine";
import { buildImage, pushImage } from "../../../support/registry/images";
import { mixed, stackBench, stackRecords } from "../../../support/engine/policy-runs";
import { eventually } from "../../../support/mocha/eventually";
import { TestRegistry } from "../../../support/registry/registry";

const other = buildImage({
  layers: ["gzip"],
  family: "docker",
  platform: { os: "windows", architecture: "amd64" },
});

describe("a preview after another", () => {
  const names = Array.from({ length: 8 }, (_, n) => `app${n}`);
  const bench = stackBench(names);
  const { image, program, asked } = bench;
  const bucket = { type: "aws:s3/bucket:Bucket", name: "b", props: {} };
  const heads = names.map((name) => `HEAD ${name}`);

  beforeEach(async () => {
    assert.deepEqual(await analyze("preview", program()), []);
    asked();
  });

  /** A preview of a program that does something between its first task definition and the others. */
  const preview = (before: () => Promise<unknown>, some?: readonly string[]) => {
    const [first, second, ...others] = program(some);
    assert.ok(first !== undefined && second !== undefined);
    return analyze("preview", [bucket, first, { ...second, before }, ...others]);
  };
  /** The first image that the program names, and four more. */
  const firstRequests = () => eventually(() => bench.registry.log.length >= 5);
  /** The image that the program named was requested; then time enough for requests that must not be sent. */
  const namedAlone = async () => {
    await eventually(() => bench.registry.log.length > 0);
    await pause(200);
    assert.deepEqual(asked(), ["HEAD app0"]);
  };

  it("prefetches images of the last preview while its program still loads, each once", async () => {
    let loaded: string[] = [];
    const found = await preview(async () => {
      await firstRequests();
      loaded = asked();
    });
    assert.deepEqual(found, []);
    assert.deepEqual(loaded.sort(), heads.slice(0, 5));
    assert.deepEqual(asked().sort(), heads.slice(5));
  });

  it("reads the images of the last preview from the cache while its program still loads, and sends nothing for that", async () => {
    const reads: Promise<void>[] = [];
    const readAhead = Reflect.get<Inspector, "readAhead">(Inspector.prototype, "readAhead");
    Inspector.prototype.readAhead = function (...images) {
      const read = readAhead.apply(this, images);
      reads.push(read);
      return read;
    };
    const loading = async () => {
      await Promise.all(reads);
      rmSync(bench.directory, { recursive: true, force: true });
      assert.deepEqual(asked(), []);
    };
    try {
      await analyze("preview", [bucket, { ...bucket, before: loading }, ...program()]);
    } finally {
      Inspector.prototype.readAhead = readAhead;
    }
    assert.equal(reads.length, 1);
    assert.deepEqual(asked().sort(), heads);
  });

  it("prefetches nothing before its program has named an image", async () => {
    const loading = async () => {
      await pause(300);
      assert.deepEqual(asked(), []);
    };
    await analyze("preview", [bucket, { ...bucket, before: loading }]);
    assert.deepEqual(asked(), []);
  });

  it("judges a tag that was pushed again as it is now", async () => {
    pushImage(bench.registry, "app5", "1", mixed);
    const found = await preview(firstRequests);
    assert.ok(found.some(({ level, message }) => level === "mandatory" && message.includes(image("app5"))));
  });

  it("reports nothing about an image that its program no longer uses", async () => {
    pushImage(bench.registry, "app6", "1", mixed);
    pushImage(bench.registry, "app7", "1", other);
    assert.deepEqual(await preview(firstRequests, names.slice(0, 6)), []);
  });

  it("inspects an image again if it was missing while the program loaded", async () => {
    let answered = false;
    bench.registry.onRequest = ({ url = "" }, response) => {
      if (!url.includes("app3")) return false;
      response.writeHead(404).end(() => (answered = true));
      return true;
    };
    const found = await preview(async () => {
      await eventually(() => answered);
      // Until the guard has read that answer, whoever names the image gets it.
      await pause(500);
      bench.registry.onRequest = undefined;
    });
    assert.deepEqual(found, []);
  });

  it("prefetches nothing for another stack", async () => {
    nameStack("project", "other");
    await preview(namedAlone);
  });

  for (const variable of ["PULUMI_BACKEND_URL", "PULUMI_HOME"])
    it(`prefetches nothing for a stack of the same name in another backend, by ${variable}`, async () => {
      const saved = process.env[variable];
      process.env[variable] = "file:///another";
      try {
        await preview(namedAlone);
      } finally {
        if (saved === undefined) Reflect.deleteProperty(process.env, variable);
        else process.env[variable] = saved;
      }
    });

  it("prefetches nothing after a preview without images", async () => {
    await analyze("preview", [bucket]);
    await preview(namedAlone);
  });

  it("does not prefetch an image that is exempt by then", async () => {
    const exclude = [{ image: image("app3"), reason: "TEAM-1" }];
    const [first] = program();
    assert.ok(first !== undefined);
    await analyze("preview", [first, { ...bucket, before: firstRequests }], {
      "mixed-layer-compression": { exclude },
    });
    assert.deepEqual(
      asked().sort(),
      ["app0", "app1", "app2", "app4", "app5"].map((name) => `HEAD ${name}`),
    );
  });

  for (const mode of ["preview", "update"] as const)
    it(`contacts no registry that only the record of its stack names, in the ${mode}`, async () => {
      const planted = await TestRegistry.start();
      try {
        const [record = ""] = stackRecords(bench.directory);
        const text = readFileSync(record, "utf8");
        writeFileSync(record, text.replaceAll(/127[^/]*\/app[4-7]/g, `${planted.host}/x`));
        assert.notEqual(readFileSync(record, "utf8"), text);
        assert.deepEqual(await analyze(mode, [...program(names.slice(0, 4)), bucket]), []);
        await pause(100);
        assert.equal(planted.connections, 0);
      } finally {
        await planted.stop();
      }
    });
});
