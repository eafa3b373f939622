import assert from "node:assert/strict";
import fc from "fast-check";
import type { Failure, FailureKind } from "../../policypack/common/outcome";
import { failureCause, groupByCause, layersCause, sharedBase } from "../../policypack/report/causes";
import type { Prediction, RuntimeName } from "../../policypack/runtimes/predict";
import { imageConfig, layersOf } from "../../support/registry/inspected-image";

const linux = { os: "linux", architecture: "amd64" };
const gzip = "application/vnd.oci.image.layer.v1.tar+gzip";
const zstd = "application/vnd.oci.image.layer.v1.tar+zstd";

/** An image of these layers, each of which is known by its letter: lower-case letters are zstd. */
function built(letters: string, baseName?: string) {
  const types = Array.from(letters, (letter) => (letter === letter.toLowerCase() ? zstd : gzip));
  const layers = layersOf(types).map((layer, at) => ({ ...layer, digest: letters[at] ?? "" }));
  return { digest: `manifest of ${letters}`, layers, ...(baseName !== undefined && { baseName }) };
}

type Judged = ReturnType<typeof built> & Partial<Parameters<typeof layersCause>[0]>;

function pair(a: string, b: string, more: (layers: number) => Partial<Judged>): [Judged, Judged] {
  return [
    { ...built(a), ...more(a.length) },
    { ...built(b), ...more(b.length) },
  ];
}

function failing(runtime: RuntimeName, letters: string): Prediction {
  const manifest = built(letters).digest;
  return {
    runtime,
    pulls: false,
    manifest,
    error: "number of layers and diffIDs don't match",
    reason: "layers",
  };
}

describe("the causes of findings", () => {
  const images = fc.array(
    fc.record({
      image: fc.constantFrom("a.example/app:1", "a.example/app:2", "b.example/app:1", "Not A Name"),
      kind: fc.constantFrom<FailureKind>("missing", "denied", "unreachable", "malformed"),
      proves: fc.constantFrom<Failure["proves"]>(undefined, "wrong-platform", "no-image"),
      message: fc.constantFrom("a.example has no tag 1", "it refused the connection"),
    }),
  );
  interface Failed extends Pick<Failure, "kind" | "message"> {
    readonly image: string;
    readonly proves: Failure["proves"] | undefined;
  }
  const causeOf = ({ image, kind, proves, message }: Failed) =>
    failureCause(image, linux, { kind, message, ...(proves && { proves }) });

  it("put every finding into exactly one group", () => {
    fc.assert(
      fc.property(images, (list) => {
        const members = groupByCause(list, causeOf).flatMap((group) => group.members);
        assert.equal(members.length, list.length);
        assert.deepEqual(new Set(members), new Set(list));
      }),
    );
  });

  it("make the same groups whatever the order of the findings", () => {
    const asSets = (groups: ReturnType<typeof groupByCause>) =>
      new Map(groups.map(({ cause, members }) => [cause.key, new Set(members)]));
    fc.assert(
      fc.property(images, fc.infiniteStream(fc.nat()), (list, random) => {
        const shuffled = list
          .map((one) => [random.next().value as number, one] as const)
          .sort(([a], [b]) => a - b)
          .map(([, one]) => one);
        assert.deepEqual(asSets(groupByCause(shuffled, causeOf)), asSets(groupByCause(list, causeOf)));
      }),
    );
  });

  it("leave a finding without a cause alone", () => {
    assert.deepEqual(
      groupByCause([1, 2], () => undefined).map(({ members }) => members),
      [[1], [2]],
    );
  });

  const failures: [same: boolean, what: string, a: [string, Failure], b: [string, Failure]][] = [
    [
      true,
      "two images of a registry that refuses connections",
      ["a.example/x:1", { kind: "unreachable", message: "a.example refused the connection" }],
      ["a.example/y:2", { kind: "unreachable", message: "a.example refused the connection" }],
    ],
    [
      false,
      "images of two registries",
      ["a.example/x:1", { kind: "unreachable", message: "refused" }],
      ["b.example/x:1", { kind: "unreachable", message: "refused" }],
    ],
    [
      true,
      "two denied repositories",
      ["a.example/x:1", { kind: "denied", message: "a.example denies access to x (HTTP 403)" }],
      ["a.example/y:1", { kind: "denied", message: "a.example denies access to y (HTTP 403)" }],
    ],
    [
      false,
      "two repositories, denied with different logins",
      ["a.example/x:1", { kind: "denied", message: "denied", login: "one" }],
      ["a.example/y:1", { kind: "denied", message: "denied", login: "two" }],
    ],
    [
      true,
      "two missing tags of a repository",
      ["a.example/x:1", { kind: "missing", message: "no tag 1 in x" }],
      ["a.example/x:2", { kind: "missing", message: "no tag 2 in x" }],
    ],
    [
      false,
      "missing images of two repositories",
      ["a.example/x:1", { kind: "missing", message: "no tag 1 in x" }],
      ["a.example/y:1", { kind: "missing", message: "no tag 1 in y" }],
    ],
    [
      true,
      "two images that lack a platform",
      ["a.example/x:1", { kind: "missing", message: "only for linux/arm64", proves: "wrong-platform" }],
      ["b.example/y:1", { kind: "missing", message: "only for linux/arm64", proves: "wrong-platform" }],
    ],
    [
      false,
      "two things that are not images",
      ["a.example/x:1", { kind: "unsupported", message: "it is a chart", proves: "no-image" }],
      ["a.example/y:1", { kind: "unsupported", message: "it is a chart", proves: "no-image" }],
    ],
  ];
  for (const [same, what, a, b] of failures)
    it(`are ${same ? "one" : "two"} for ${what}`, () => {
      const [first, second] = [a, b].map(([image, failure]) => failureCause(image, linux, failure).key);
      assert.equal(first === second, same);
    });

  const base = { config: null, predictions: [] };
  const mixes: [same: boolean, what: string, a: Judged, b: Judged][] = [
    [true, "different numbers of layers on one base", built("abcX"), built("abcYZ")],
    [true, "more layers of the base's compression", built("abcX"), built("abcdX")],
    [false, "other base layers", built("abcX"), built("dbcX")],
    [false, "one compression only", built("abcX"), built("abcd")],
    [false, "another order of compressions on the same base layer", built("abcX"), built("abXc")],
    [false, "a third run of layers", built("Xab"), built("XabY")],
    [
      false,
      "a config that describes other layers",
      built("abX"),
      { ...built("abY"), config: imageConfig(2) },
    ],
    [true, "configs that describe their layers", ...pair("abX", "abYZ", (n) => ({ config: imageConfig(n) }))],
    [
      false,
      "other runtimes that fail",
      { ...built("abX"), predictions: [failing("containerd-1.7", "abX")] },
      { ...built("abY"), predictions: [failing("dockerd-23", "abY")] },
    ],
  ];
  for (const [same, what, a, b] of mixes)
    it(`are ${same ? "one" : "two"} for mixed images with ${what}`, () => {
      const [first, second] = [a, b].map((image) => layersCause({ ...base, ...image }).key);
      assert.equal(first === second, same);
    });

  it("name the base layers that all images of a group share, up to the first layer of another compression", () => {
    const lettersOf = (...images: Parameters<typeof sharedBase>[0][number][]) => {
      const base = sharedBase(images);
      return [base?.layers.map(({ digest }) => digest).join(""), base?.name];
    };
    assert.deepEqual(lettersOf(built("abcX"), built("abcY")), ["abc", undefined]);
    assert.deepEqual(lettersOf(built("abcX"), built("abdX")), ["ab", undefined]);
    assert.deepEqual(lettersOf(built("abXX"), built("abXX")), ["ab", undefined]);
    assert.deepEqual(lettersOf(built("aX", "node:22"), built("aY", "node:22")), ["a", "node:22"]);
    assert.deepEqual(lettersOf(built("aX", "node:22"), built("aY", "node:20")), ["a", undefined]);
    assert.deepEqual(lettersOf(built("aX"), built("bX")), [undefined, undefined]);
    assert.deepEqual(lettersOf(), [undefined, undefined]);
  });
});
