import assert from "node:assert/strict";
import { type HistoryEntry, probableBaseEnd, stepsOf } from "../../policypack/oci/image-config";

const layer = (createdBy: string): HistoryEntry => ({ createdBy, comment: "", emptyLayer: false });
const empty = (createdBy: string): HistoryEntry => ({ createdBy, comment: "", emptyLayer: true });

describe("the steps of a build", () => {
  const cases: [createdBy: string, step: string][] = [
    ["RUN /bin/sh -c apt-get update # buildkit", "RUN apt-get update"],
    ["COPY . /app # buildkit", "COPY . /app"],
    ["/bin/sh -c apk add curl", "RUN apk add curl"],
    ["/bin/sh -c #(nop) ADD file:0123 in / ", "ADD file:0123 in /"],
    ["/bin/sh -c #(nop) COPY dir:0123 in /app ", "COPY dir:0123 in /app"],
    ["RUN |1 NPM_TOKEN=s3cret /bin/sh -c npm ci # buildkit", "RUN npm ci"],
    ["|2 A=s3cret B=x y s3cret /bin/bash -o pipefail -c npm ci", "RUN …"],
    ["|1 A=s3cret /bin/bash -c npm ci", "RUN npm ci"],
    ["RUN |1 A=s3cret cmd /S /C npm ci", "RUN …"],
    ["RUN /bin/sh -c set -e;\n\tmake   all", "RUN set -e; make all"],
    ["bazel build ...", "bazel build ..."],
  ];
  for (const [createdBy, step] of cases) {
    it(`show ${JSON.stringify(createdBy)} as ${step}`, () => {
      assert.deepEqual(stepsOf([layer(createdBy)], 1), [step]);
    });
  }

  it("leave out those that made no layer, and are unknown if the numbers differ", () => {
    const history = [layer("ADD rootfs /"), empty('CMD ["sh"]'), layer("COPY . /app")];
    assert.deepEqual(stepsOf(history, 2), ["ADD rootfs /", "COPY . /app"]);
    assert.equal(stepsOf(history, 3), undefined);
    assert.equal(stepsOf([], 0), undefined);
  });

  it("without names report nothing", () => {
    assert.equal(stepsOf([layer("")], 1), undefined);
    assert.deepEqual(stepsOf([{ ...layer(""), comment: "imported" }], 1), ["imported"]);
  });
});

describe("the end of the base image", () => {
  const cases: [history: HistoryEntry[], end: number | undefined][] = [
    [[layer("ADD a /"), empty('CMD ["sh"]'), layer("COPY b /")], 1],
    [
      [
        layer("ADD a /"),
        empty('/bin/sh -c #(nop)  CMD ["sh"]'),
        layer("x"),
        empty('ENTRYPOINT ["y"]'),
        layer("z"),
      ],
      2,
    ],
    [[layer("ADD a /"), layer("COPY b /"), empty('CMD ["sh"]')], undefined],
    [[empty('CMD ["sh"]'), layer("ADD a /")], undefined],
    [[layer("RUN echo CMD"), layer("COPY b /")], undefined],
    [[], undefined],
  ];
  for (const [history, end] of cases) {
    it(`is ${end ?? "not known"} for ${JSON.stringify(history.map(({ createdBy }) => createdBy))}`, () => {
      assert.equal(probableBaseEnd(history), end);
    });
  }
});
