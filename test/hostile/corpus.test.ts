import assert from "node:assert/strict";
import { planBuild } from "../../policypack/builds/dockerfile/build-plan";
import { findExemption } from "../../policypack/exemptions/exemptions";
import { readImageConfig, stepsOf } from "../../policypack/oci/image-config";
import { GoJsonError, JsonLimitError } from "../../policypack/oci/json-parser";
import { readIndex, readManifest } from "../../policypack/oci/manifest";
import { inspectedImage } from "../../support/registry/inspected-image";
import { choosePlatform } from "../../policypack/oci/platform";
import { errorTextOf } from "../../policypack/registry/errors";
import { parseChallenges } from "../../policypack/registry/token-client";
import { blockedImage, faultyBuild } from "../../policypack/report";
import { WaitingBudget } from "../../policypack/run/progress";
import { ReviewInProgress } from "../../policypack/run/review";
import { layersError } from "../../policypack/runtimes/predict";
import { defaultSettings } from "../../policypack/settings";
import { imagesOf } from "../../policypack/workloads";
import { inTime } from "../../support/mocha/in-time";

const megabyte = 1024 * 1024;
const digest = `sha256:${"a".repeat(64)}`;
const gzip = { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest, size: 1 };
const config = { mediaType: "application/vnd.oci.image.config.v1+json", digest, size: 1 };

function plan(dockerfile: string) {
  return planBuild(dockerfile, { platform: "linux/amd64", buildArgs: new Map(), namedContexts: new Map() });
}

function failureOf(body: object) {
  return {
    status: 500,
    url: new URL("http://a/"),
    body: Buffer.from(JSON.stringify(body)),
    header: () => [],
  };
}

describe("a hostile document", () => {
  it("such as a config with a megabyte of white space for a build step is read in time", () => {
    for (const step of [" ", "\t ", "#(nop) ", "/bin/sh -", "c"]) {
      for (const [before, after] of [
        ["", ""],
        ["|1 ", "x"],
        ["RUN |1 A=b ", "# buildkit"],
      ] as const) {
        const createdBy = before + step.repeat(megabyte / step.length) + after;
        inTime(() => stepsOf([{ createdBy, comment: "", emptyLayer: false }], 1));
      }
    }
  });

  it("such as an error made of URLs only is quoted in time, and without their queries", () => {
    const message = `${"http://".repeat(megabyte / 7)} y`;
    assert.ok(inTime(() => errorTextOf(failureOf({ errors: [{ message }] }), [])).quoted.length < 250);
    const signed = `https://a/${"b".repeat(1900)}?signature=secret${"c".repeat(megabyte)}`;
    assert.doesNotMatch(errorTextOf(failureOf({ message: signed }), []).quoted, /secret/);
    assert.doesNotMatch(
      errorTextOf(failureOf({ message: "see http://a/b?signature=secret now" }), []).quoted,
      /secret/,
    );
  });

  it("such as a manifest of 10,000 layers is read, predicted and reported in time", () => {
    const layers = Array.from({ length: 10_000 }, (_, n) => ({
      ...gzip,
      mediaType: n % 2 === 0 ? gzip.mediaType : `x/${n}`,
    }));
    const read = inTime(() => readManifest(Buffer.from(JSON.stringify({ config, layers })))).layers ?? [];
    assert.notEqual(
      inTime(() => layersError("containerd-1.7", { layers: read, diffIds: 10_000 })),
      undefined,
    );
    const inspected = inspectedImage({
      reference: { registry: "a.example", repository: "b" },
      platform: { os: "linux", architecture: "amd64" },
      layers: read.map((layer) => ({ ...layer, compression: "gzip" as const })),
    });
    assert.ok(inTime(() => blockedImage("a.example/b", [], inspected, [])).length < 5_000);
  });

  it("such as an index of 10,000 platforms is chosen from in time", () => {
    const manifests = Array.from({ length: 10_000 }, (_, n) => ({
      ...gzip,
      platform: { os: "linux", architecture: "arm64", variant: `v8.${n}` },
    }));
    const entries = readIndex(Buffer.from(JSON.stringify({ manifests }))).manifests ?? [];
    for (const variant of ["v9.7", "v8"])
      assert.ok(inTime(() => choosePlatform(entries, { os: "linux", architecture: "arm64", variant })));
  });

  it("such as 4 MiB of one array in another is refused in time", () => {
    const rows = [
      ["[", ""],
      ['{"a":', ""],
      ["[", "]".repeat(100_000)],
    ] as const;
    for (const [piece, end] of rows) {
      const bytes = Buffer.from(piece.repeat((4 * megabyte) / piece.length) + end);
      for (const read of [readManifest, readIndex, readImageConfig])
        inTime(() => {
          assert.throws(
            () => read(bytes),
            (error) => error instanceof GoJsonError || error instanceof JsonLimitError,
          );
        });
    }
  });

  it("such as a challenge longer than any header is read in time", () => {
    for (const piece of ["a ", "a=", 'a="', "\\", '"', ", ", 'a="\\"'])
      for (const start of ["", "Bearer ", 'Bearer realm="'])
        inTime(() => parseChallenges([start + piece.repeat(megabyte / 8 / piece.length)]));
  });
});

describe("a hostile Dockerfile", () => {
  const argument = `ARG A=${"a".repeat(500)}`;
  const costly = "${B:+${A//" + "*?".repeat(30) + "b/x}}";
  const rows: [what: string, dockerfile: string][] = [
    ["a heredoc whose name is far away", `FROM a\nRUN <<${" ".repeat(megabyte)}a<`],
    ["as many arguments as fit", `ARG ${"a ".repeat(megabyte / 2)}\nFROM a`],
    [
      "as many stages as fit",
      `FROM a AS s0\n${Array.from({ length: 70_000 }, (_, n) => `FROM s${n} AS s${n + 1}`).join("\n")}`,
    ],
    ["a long argument that is repeated", `ARG A=${"x".repeat(16_000)}\n${"ARG X=$A\n".repeat(30_000)}FROM a`],
    ["thousands of patterns", `${argument}\nFROM x${costly.repeat(10_000)}`],
    ["thousands of arguments with patterns", `${argument}\n${`ARG X=${costly}\n`.repeat(10_000)}FROM x`],
    ["a line that never ends", `FROM a\nRUN ${"\\\n".repeat(megabyte / 2)}`],
    ["triggers in triggers", `FROM a\n${"ONBUILD ".repeat(megabyte / 8)}`],
  ];

  for (const [what, dockerfile] of rows)
    it(`of ${what} is read in time`, () => {
      const found = inTime(() => plan(dockerfile));
      assert.ok(found.known || found.reason !== "");
    });

  it("does not include ordinary patterns and arguments", () => {
    const found = plan(
      "ARG V=1.2.3-alpine\nARG T=${V//./-}\nARG U=${T%%-alpine}\nFROM app:$U AS a\nFROM a\nRUN <<  E\nE",
    );
    assert.deepEqual(found, {
      known: true,
      base: { kind: "image", image: "app:1-2-3" },
      steps: [{ keyword: "RUN", line: 6 }],
    });
  });
});

describe("a hostile pattern", () => {
  const urn = "urn:pulumi:dev::shop::t::web";
  const covers = (image: string, name: string) =>
    findExemption(
      [{ image, reason: "test" }],
      { image: name, reference: undefined, resource: { name: "web", urn } },
      "2026-01-01",
    ) !== undefined;

  it("of many wildcards is matched against long names in time", () => {
    for (const pattern of [
      "**a".repeat(40),
      "*a".repeat(40),
      "**a*".repeat(20),
      "*".repeat(1000),
      "**/*".repeat(40),
    ])
      for (const end of ["b", ""])
        for (const name of ["a".repeat(10_000), "a/".repeat(5_000)])
          inTime(() => covers(pattern + end, `${name}c`));
  });

  it("still matches what it should", () => {
    assert.ok(covers("**a".repeat(40), "a".repeat(40)));
    assert.ok(!covers("**a".repeat(40), "a".repeat(39)));
    assert.ok(covers("***", "any/thing") && !covers("*", "any/thing"));
  });
});

describe("a hostile resource", () => {
  const container = { name: "c".repeat(100), image: "nginx" };
  const type = "aws-native:ecs:TaskDefinition";

  it("of 10,000 containers is read whole, and of many more refused", () => {
    const found = inTime(() =>
      imagesOf(type, { containerDefinitions: Array<object>(10_000).fill(container) }),
    );
    assert.equal(found?.uses.length, 10_000);
    const refused = inTime(() =>
      imagesOf(type, { containerDefinitions: Array<object>(1_000_000).fill(container) }),
    );
    assert.deepEqual(refused?.uses, []);
    assert.match(refused.unreadable[0]?.message ?? "", /there are 1000000 container definitions/);
  });

  it("of 200,000 unreadable containers is reviewed in time", () => {
    const review = new ReviewInProgress(
      { inspect: () => Promise.reject(new Error("not asked")), hurry: () => undefined },
      defaultSettings,
      new WaitingBudget(1),
    );
    const unreadable = Array.from(
      { length: 200_000 },
      () => ({ reason: "malformed", path: "p", message: "m" }) as const,
    );
    inTime(() => {
      review.add({ urn: "u", name: "n", images: { uses: [], unreadable } });
    });
    assert.equal(review.pending.length, 0);
  });

  it("is reported in a few lines, however many containers and images it has", () => {
    const users = Array.from({ length: 100_000 }, (_, n) => ({
      workload: { name: n % 2 === 0 ? "w" : `w${n}` },
      use: { container: `c${n}` },
    }));
    const inspected = inspectedImage({
      reference: { registry: "a.example", repository: "b" },
      platform: { os: "linux", architecture: "amd64" },
      layers: [],
    });
    const blocked = inTime(() => blockedImage("a.example/b", users, inspected, []));
    assert.match(blocked, /and 49990 others/);
    assert.ok(blocked.length < 5_000);
    const faulty = faultyBuild({
      resource: "r",
      path: "push",
      images: Array<string>(300_000).fill("a"),
      base: { unknown: "x" },
      settings: {},
      dropped: [],
      verdict: { fine: false, layers: [], buildError: "x" },
      notes: [],
    });
    assert.match(faulty, /and 299990 others/);
    assert.ok(faulty.length < 2_000);
  });
});
