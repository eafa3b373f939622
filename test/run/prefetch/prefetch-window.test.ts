import assert from "node:assert/strict";
import { identityOfProvider } from "../../../policypack/aws/identity";
import { parseReference } from "../../../policypack/oci/reference";
import { namedImage } from "../../../policypack/run/prefetch/expected-image";
import { PrefetchWindow } from "../../../policypack/run/prefetch/prefetch-window";
import { PreviewPrefetch } from "../../../policypack/run/prefetch/preview-prefetch";
import { amd64 } from "../../../support/registry/cached-run";

const expected = (name: string) => namedImage(parseReference(name), amd64, {});
const images = Array.from({ length: 300 }, (_, n) => expected(`registry.example/app${n}:1`));

describe("the images that a run prefetches", () => {
  /** How many of the expected images are looked up while the program names these. */
  function lookedUp(names: readonly string[], of = images): number {
    const window = new PrefetchWindow(of, 4);
    let started = 0;
    for (const name of names) {
      window.name(`registry.example/${name}`, amd64, {});
      while (window.next() !== undefined) started++;
    }
    return started;
  }
  const appNames = (count: number) => Array.from({ length: count }, (_, n) => `app${n}:1`);

  const programs: [what: string, names: readonly string[], started: number][] = [
    ["are none while it names none", [], 0],
    ["are none if its only image is new", ["new:1"], 0],
    ["are none if its images have other tags", ["app1:2", "app2:2", "app3:2"], 0],
    ["are none if what it names is not an image's name", ["APP"], 0],
    ["are four for the first expected one", appNames(1), 4],
    ["double with each expected one", appNames(2), 9],
    ["are all others after a few", appNames(8), 299],
    ["do not grow if it names the same image again", ["app1:1", "app1:1", "app1:1"], 4],
    ["wait while as many of its images are new", ["new:1", "app1:1", "other:1", "app2:1"], 0],
    ["go on once more of its images are expected than new", ["new:1", "app1:1", "app2:1"], 4],
  ];
  for (const [what, names, started] of programs)
    it(what, () => {
      assert.equal(lookedUp(names), started);
    });

  it("exclude registries that the program does not use", () => {
    const planted = Array.from({ length: 50 }, (_, n) => expected(`planted.example/app${n}:1`));
    assert.equal(lookedUp(appNames(8), [...planted, ...images.slice(0, 8)]), 7);
  });

  it("exclude AWS identities that the program does not use", () => {
    const [first, second] = ["a", "b"].map((profile) => ({ identity: identityOfProvider({ profile }) }));
    assert.ok(first !== undefined && second !== undefined);
    const name = (n: number) => `123456789012.dkr.ecr.eu-west-1.amazonaws.com/app${n}:1`;
    const window = new PrefetchWindow(
      [
        ...[0, 1, 2].map((n) => namedImage(parseReference(name(n)), amd64, first)),
        ...[3, 4].map((n) => namedImage(parseReference(name(n)), amd64, second)),
      ],
      4,
    );
    window.name(name(0), amd64, first);
    const found = [window.next(), window.next(), window.next()];
    assert.deepEqual(
      found.map((image) => image?.reference.repository),
      ["app1", "app2", undefined],
    );
    assert.equal(found[0]?.reader, first);
  });

  it("count an ECR repository once, whose images share their requests", () => {
    const registry = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
    const inEcr = Array.from({ length: 100 }, (_, n) => expected(`${registry}/app${n % 10}:v${n}`));
    const window = new PrefetchWindow(inEcr, 4);
    window.name(`${registry}/app0:v0`, amd64, {});
    const repositories = new Map<string, number>();
    for (let next = window.next(); next !== undefined; next = window.next()) {
      const { repository } = next.reference;
      repositories.set(repository, (repositories.get(repository) ?? 0) + 1);
    }
    // That of the named image, and four more.
    assert.deepEqual(Object.fromEntries(repositories), { app0: 9, app1: 10, app2: 10, app3: 10, app4: 10 });
  });
});

describe("the prefetch of a preview", () => {
  /** A prefetch over an inspector whose look-ups end by `end` alone. */
  function bench(of = images) {
    const waiting: (() => void)[] = [];
    const started: string[] = [];
    const prefetch = new PreviewPrefetch(
      {
        anticipate: ({ repository }: { repository: string }) => {
          started.push(repository);
          return new Promise<void>((resolve) => waiting.push(resolve));
        },
        inspect: () => new Promise<never>(() => undefined),
        hurry: () => undefined,
      },
      of,
    );
    const name = (n: number) => void prefetch.inspect(`registry.example/app${n}:1`, amd64);
    const end = async () => {
      waiting.splice(0).forEach((resolve) => {
        resolve();
      });
      await new Promise(setImmediate);
    };
    return { prefetch, started, name, end };
  }

  it("runs at most 128 inspections at a time, until all are made", async () => {
    const { started, name, end } = bench();
    for (let n = 0; n < 8; n++) name(n);
    assert.equal(started.length, 128);
    await end();
    assert.equal(started.length, 256);
    for (let round = 0; round < 5; round++) await end();
    assert.equal(new Set(started).size, started.length);
    for (let n = 8; n < images.length; n++) assert.ok(started.includes(`app${n}`), `app${n}`);
  });

  it("skips ECR, which is queried in few calls once all images are known", () => {
    const ecr = expected("123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1");
    const { started, name } = bench([ecr, ...images.slice(0, 2)]);
    name(0);
    assert.deepEqual(started, ["app1"]);
  });

  it("ends once the program has named all", async () => {
    const { prefetch, started, name, end } = bench();
    name(0);
    prefetch.hurry();
    name(1);
    await end();
    assert.equal(started.length, 4);
  });
});
