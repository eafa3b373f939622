import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { parseReference } from "../../../policypack/oci/reference";
import { PreviewPrefetch } from "../../../policypack/run/prefetch/preview-prefetch";
import { analyze, nameStack } from "../../../support/engine/fake-engine";
import { buildImage, pushImage } from "../../../support/registry/images";
import { eventually } from "../../../support/mocha/eventually";
import { mixed, stackBench } from "../../../support/engine/policy-runs";

const other = buildImage({
  layers: ["gzip"],
  family: "docker",
  platform: { os: "windows", architecture: "amd64" },
});
const amd64 = { os: "linux", architecture: "amd64" };

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

  /** A preview of a program that registers a resource of another kind, and does something before its task definitions. */
  const preview = (before: () => Promise<unknown>, some?: readonly string[]) => {
    const [first, ...others] = program(some);
    assert.ok(first !== undefined);
    return analyze("preview", [bucket, { ...first, before }, ...others]);
  };
  const requests = (count: number) => eventually(() => bench.registry.log.length >= count);
  const allRequests = () => requests(names.length);
  /** Time enough for requests that must not be sent. */
  const noRequests = async () => {
    await pause(200);
    assert.deepEqual(asked(), []);
  };

  it("asks for all that the last one met while its program loads, each once", async () => {
    let loaded: string[] = [];
    const found = await preview(async () => {
      await allRequests();
      loaded = asked();
    });
    assert.deepEqual(found, []);
    assert.deepEqual(loaded.sort(), heads);
    assert.deepEqual(asked(), []);
  });

  it("judges a tag that was pushed again before as what it is now", async () => {
    pushImage(bench.registry, "app5", "1", mixed);
    const found = await preview(allRequests);
    assert.ok(found.some(({ level, message }) => level === "mandatory" && message.includes(image("app5"))));
  });

  it("says nothing of an image that its program uses no more, whatever became of it", async () => {
    pushImage(bench.registry, "app6", "1", mixed);
    pushImage(bench.registry, "app7", "1", other);
    assert.deepEqual(await preview(allRequests, names.slice(0, 6)), []);
  });

  it("asks again for an image that was not there while the program loaded", async () => {
    bench.registry.onRequest = ({ url = "" }, response) => {
      if (!url.includes("app3")) return false;
      response.writeHead(404).end();
      return true;
    };
    const found = await preview(async () => {
      await allRequests();
      bench.registry.onRequest = undefined;
    });
    assert.deepEqual(found, []);
  });

  it("asks for nothing beforehand where its stack is another", async () => {
    nameStack("project", "other");
    await preview(noRequests);
  });

  it("asks for nothing beforehand once its program has run no image", async () => {
    await analyze("preview", [bucket]);
    asked();
    await preview(noRequests);
  });

  it("looks nothing up for an image that is exempt by then", async () => {
    const exclude = [{ image: image("app3"), reason: "TEAM-1" }];
    await analyze("preview", [bucket, { ...bucket, before: () => requests(names.length - 1) }], {
      "mixed-layer-compression": { exclude },
    });
    assert.deepEqual(
      asked().sort(),
      heads.filter((head) => !head.endsWith("app3")),
    );
  });
});

describe("looking ahead", () => {
  const platform = amd64;
  const images = Array.from({ length: 100 }, (_, n) => ({
    reference: parseReference(`registry.example/app${n}:1`),
    platform,
    reader: {},
  }));

  /** An inspector whose look-ups never end but by `end`. */
  function inspector() {
    const waiting: (() => void)[] = [];
    const started: string[] = [];
    return {
      started,
      end: () => {
        waiting.splice(0).forEach((end) => {
          end();
        });
        return pause(1);
      },
      anticipate: ({ repository }: { repository: string }) => {
        started.push(repository);
        return new Promise<void>((resolve) => waiting.push(resolve));
      },
      inspect: () => new Promise<never>(() => undefined),
      hurry: () => undefined,
    };
  }

  it("keeps some look-ups under way at a time, until all were made", async () => {
    const asked = inspector();
    new PreviewPrefetch(asked, images);
    await pause(40);
    assert.equal(asked.started.length, 48);
    await asked.end();
    assert.equal(asked.started.length, 96);
    await asked.end();
    assert.deepEqual(
      asked.started,
      images.map(({ reference }) => reference.repository),
    );
  });

  const ask = (ahead: PreviewPrefetch, name: string) =>
    void ahead.inspect(`registry.example/${name}`, platform);
  const programs: [what: string, names: readonly string[], goesOn: boolean][] = [
    ["goes on while the program asks for what was expected", ["app1:1", "app2:1"], true],
    ["goes on where a little of what it asks for is new", ["app1:1", "new:1", "app2:1"], true],
    ["leaves off where the first image is new", ["app1:2"], false],
    ["leaves off where most of what it asks for is new", ["app1:1", "app2:2", "app3:2"], false],
    ["leaves off where what it asks for is no image's name", ["APP"], false],
  ];
  for (const [what, asks, goesOn] of programs)
    it(what, async () => {
      const asked = inspector();
      const ahead = new PreviewPrefetch(asked, images);
      await pause(40);
      for (const name of asks) ask(ahead, name);
      await asked.end();
      assert.equal(asked.started.length, goesOn ? 96 : 48);
    });

  it("leaves ECR out, which is asked in few calls once all is known", async () => {
    const asked = inspector();
    const reference = parseReference("123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1");
    new PreviewPrefetch(asked, [{ reference, platform, reader: {} }, ...images.slice(0, 1)]);
    await pause(40);
    assert.deepEqual(asked.started, ["app0"]);
  });

  it("leaves off where the program has asked for all", async () => {
    const asked = inspector();
    const ahead = new PreviewPrefetch(asked, images);
    ahead.hurry();
    await pause(40);
    assert.deepEqual(asked.started, []);
  });
});
