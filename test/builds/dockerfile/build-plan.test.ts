import assert from "node:assert/strict";
import { type BuildInputs, planBuild } from "../../../policypack/builds/dockerfile/build-plan";

type Inputs = Partial<Omit<BuildInputs, "buildArgs" | "namedContexts">> & {
  readonly buildArgs?: Readonly<Record<string, string | undefined>>;
  readonly namedContexts?: Readonly<Record<string, string | undefined>>;
};

function plan(text: string, { buildArgs = {}, namedContexts = {}, ...inputs }: Inputs = {}) {
  return planBuild(text, {
    platform: "linux/amd64",
    ...inputs,
    buildArgs: new Map(Object.entries(buildArgs)),
    namedContexts: new Map(Object.entries(namedContexts)),
  });
}

/** `image [@platform] +layers`, or why it is not known. */
function shortPlan(text: string, inputs: Inputs = {}): string {
  const found = plan(text, inputs);
  if (!found.known) return found.reason;
  const { base, steps } = found;
  const name = base.kind === "scratch" ? "scratch" : base.image + (base.platform ? ` @${base.platform}` : "");
  return `${name} +${steps.length}`;
}

describe("the plan of a Dockerfile", () => {
  const plans: readonly [text: string, plan: string, inputs?: Inputs][] = [
    // Layers.
    ["FROM alpine", "alpine +0"],
    ["from alpine\nrun true\ncopy a b\nadd c d", "alpine +3"],
    [
      'FROM alpine\nENV A=b\nLABEL c=d\nCMD x\nUSER y\nEXPOSE 1\nARG Z\nVOLUME /v\nENTRYPOINT e\nSHELL ["s"]',
      "alpine +0",
    ],
    ["FROM alpine\nWORKDIR /app\nWORKDIR /\nWORKDIR src", "alpine +2"],
    ["FROM scratch\nCOPY a /", "scratch +1"],
    ...["/", "//", "/.", "/app/..", '"/"', "'/'", "/ "].map((path): [string, string] => [
      `FROM alpine\nWORKDIR ${path}`,
      "alpine +0",
    ]),
    ["FROM scratch\nWORKDIR .\nWORKDIR ..", "scratch +0"],
    ["FROM alpine\nWORKDIR .", "alpine +1"],
    ["FROM alpine\nWORKDIR $ROOT", "alpine +1"],
    ["FROM alpine\nWORKDIR /app\nWORKDIR ..", "alpine +1"],
    ["FROM alpine AS base\nWORKDIR /app\nFROM base\nWORKDIR ..", "alpine +1"],
    ["FROM alpine AS base\nONBUILD WORKDIR /\nFROM base\nWORKDIR .", "alpine +0"],
    ["FROM alpine\nRUN --mount=type=cache,target=/c make", "alpine +1"],
    ["FROM alpine\nONBUILD RUN x\nRUN y", "alpine +1"],
    // Stages.
    ["FROM golang AS build\nRUN a\nRUN b\nFROM alpine\nCOPY --from=build /x /x", "alpine +1"],
    ["FROM alpine AS base\nRUN a\nFROM base\nRUN b", "alpine +2"],
    ["FROM alpine as Base\nRUN a\nFROM BASE AS next\nRUN b\nFROM next\nRUN c", "alpine +3"],
    ["FROM alpine AS base\nONBUILD RUN x\nONBUILD ENV a=b\nFROM base\nRUN b", "alpine +2"],
    ["FROM a AS x\nFROM x AS x\nRUN b\nFROM x", "a +1"],
    ["FROM a AS one\nRUN x\nFROM b AS two", "a +1", { target: "ONE" }],
    ["FROM a\nRUN x\nFROM b", "a +1", { target: "0" }],
    ["FROM a\nFROM b", "it has no stage `nope`", { target: "nope" }],
    ["FROM a\nFROM b", "b +0", { target: "" }],
    // Platforms.
    ["FROM --platform=linux/arm64 alpine", "alpine @linux/arm64 +0"],
    ["FROM --platform=arm64 alpine", "alpine @arm64 +0"],
    ["FROM alpine-$TARGETARCH", "alpine-arm64 +0", { platform: "arm64" }],
    [
      "FROM a",
      "its platform cannot be read: `linux/armm64` is not a valid platform: unknown architecture `armm64`, did you mean arm64?",
      { platform: "linux/armm64" },
    ],
    ["FROM --platform=$TARGETPLATFORM alpine", "alpine @linux/arm/v7 +0", { platform: "linux/arm/v7" }],
    ["FROM alpine-${TARGETARCH}${TARGETVARIANT}", "alpine-arm64 +0", { platform: "linux/arm64" }],
    ["FROM --platform=$BUILDPLATFORM alpine", "the argument BUILDPLATFORM has a value that is not known yet"],
    ["FROM --platform=$BUILDPLATFORM a AS x\nFROM alpine\nCOPY --from=x a b", "alpine +1"],
    [
      "FROM --platform=$BUILDPLATFORM a",
      "a @linux/s390x +0",
      { buildArgs: { BUILDPLATFORM: "linux/s390x" } },
    ],
    // Arguments.
    ["ARG V=1\nFROM alpine:$V", "alpine:1 +0"],
    ["ARG V=1\nFROM alpine:${V}", "alpine:2 +0", { buildArgs: { V: "2" } }],
    ["ARG V\nFROM alpine:${V:-3}", "alpine:3 +0"],
    ["ARG V=\nFROM alpine:${V:-3}${V-4}", "alpine:3 +0"],
    ["ARG V=1\nFROM alpine${V:+:x}", "alpine:x +0"],
    ["ARG V\nFROM alpine${V:+:x}", "alpine +0"],
    ['ARG A=1 B="$A.2"\nFROM alpine:$B', "alpine:1.2 +0"],
    ["ARG A=alpine:3.20-x\nFROM ${A%-*}", "alpine:3.20 +0"],
    ["ARG A=x.y.z\nFROM i:${A##*.}${A%%.*}${A#*.}", "i:zxy.z +0"],
    ["ARG A=1.2.3\nFROM i:${A//./-}-${A/./_}", "i:1-2-3-1_2.3 +0"],
    ["ARG A='$B'\nFROM i:\"$A\"\\x", "i:$Bx +0"],
    ["FROM $V", "the image of its FROM `$V` has no name"],
    ["FROM alpine:$V", "alpine: +0", { buildArgs: { V: "1" } }],
    ["ARG V\nFROM $V", "the argument V has a value that is not known yet", { buildArgs: { V: undefined } }],
    [
      "ARG V=1\nARG W=$V\nFROM i:$W",
      "the argument W has a value that is not known yet",
      { buildArgs: { V: undefined } },
    ],
    ["ARG V\nFROM alpine\nARG W=$V", "alpine +0", { buildArgs: { V: undefined } }],
    ["ARG V\nFROM i:${V:?no}", "the argument V has no value, and must have one"],
    ["FROM a AS x\nFROM i:$TARGETSTAGE", "i:default +0"],
    ["FROM i:$TARGETSTAGE AS last", "i:last +0"],
    // Lines, comments, directives, heredocs.
    ["\uFEFF# syntax=docker/dockerfile:1\n# escape=`\n\nFROM alpine`\n:3", "alpine:3 +0"],
    ["FROM \\\n# comment\n\n  alpine \\   \n AS x\r\nRUN a \\\r\n b", "alpine +1"],
    ["# x\n# escape=`\nFROM a\\\nb", "ab +0"],
    ["# syntax=example.com/own:1\nFROM a", "its syntax is that of another frontend, `example.com/own:1`"],
    [
      "FROM a",
      "its syntax is that of another frontend, `example.com/own`",
      { buildArgs: { BUILDKIT_SYNTAX: "example.com/own" } },
    ],
    [
      "FROM a",
      "the argument BUILDKIT_SYNTAX has a value that is not known yet",
      { buildArgs: { BUILDKIT_SYNTAX: undefined } },
    ],
    [
      "# syntax=example.com/own:1\nFROM a",
      "a +0",
      { buildArgs: { BUILDKIT_SYNTAX: " mirror.example/docker/dockerfile:1 x=y" } },
    ],
    ...[
      "docker/dockerfile",
      "docker.io/docker/dockerfile:1.7-labs",
      "mirror.example/docker/dockerfile:1",
      "localhost:5000/docker/dockerfile-upstream:master",
      `123456789012.dkr.ecr.eu-west-1.amazonaws.com/docker-hub/docker/dockerfile:1@sha256:${"a".repeat(64)}`,
      "mirror.example/docker/dockerfile:1 with=options",
    ].map((frontend): [string, string] => [`# syntax=${frontend}\nFROM a`, "a +0"]),
    ...["notdocker/dockerfile:1", "docker/dockerfile2", "docker/dockerfile/x", "dockerfile"].map(
      (frontend): [string, string] => [
        `# syntax=${frontend}\nFROM a`,
        `its syntax is that of another frontend, \`${frontend}\``,
      ],
    ),
    [" # syntax=example.com/own:1\nFROM a", "a +0"],
    ["  # escape=`\n# syntax=example.com/own:1\nFROM a`\n:3", "a:3 +0"],
    ["# syntax=docker/dockerfile:1\n\t# escape=`\nFROM a`\n:3", "a:3 +0"],
    ["#!/bin/sh\n# syntax=docker/dockerfile-upstream:master\nFROM a", "a +0"],
    ["FROM a\nRUN <<EOF\nFROM b\nEOF\nRUN c", "a +2"],
    ['FROM a\nCOPY <<one <<-"two" /x\nFROM b\none\nFROM c\n\ttwo\nRUN c', "a +2"],
    ['FROM a\nRUN echo "<<EOF"\nRUN c', "a +2"],
    ['FROM a\nRUN ["sh", "<<EOF"]\nRUN c', "a +2"],
    ["FROM a\nRUN 3<<X cat\nFROM b\nX\nRUN c", "a +2"],
    ["FROM a AS b\nONBUILD COPY <<X /x\nFROM n\nX\nFROM b", "a +1"],
    ["FROM a\nRUN <<EOF\nb", "a heredoc of its line 2 is not closed"],
    // Named contexts.
    ["FROM alpine\nRUN a", "other:1 +1", { namedContexts: { alpine: "docker-image://other:1" } }],
    ["FROM docker.io/library/alpine:latest", "o +0", { namedContexts: { Alpine: "docker-image://o" } }],
    ["FROM alpine:3", "alpine:3 +0", { namedContexts: { alpine: "docker-image://o" } }],
    ["FROM a AS base\nRUN x\nFROM base\nRUN y", "o +1", { namedContexts: { base: "docker-image://o" } }],
    ["FROM a", "the named context `a` takes the place of its base image", { namedContexts: { a: "../dir" } }],
    [
      "FROM a",
      "the named context `a` takes the place of its base image",
      { namedContexts: { a: undefined } },
    ],
    ["FROM a", "scratch +0", { namedContexts: { a: "docker-image://scratch" } }],
    ["FROM scratch", "scratch +0", { namedContexts: { scratch: "docker-image://o" } }],
    // What is not a Dockerfile.
    ["", "it has no FROM"],
    ["# nothing", "it has no FROM"],
    ["RUN a\nFROM b", "its line 1 stands before the first FROM"],
    ["FROM a\nWHAT b", "its line 2 holds no instruction"],
    ["FROM a b", "the FROM in its line 1 is not of the form FROM image [AS name]"],
    ["FROM a AS 1b", "the FROM in its line 1 gives its stage an illegal name"],
    ["FROM --link a", "the FROM in its line 1 has a flag that is not known"],
    ["FROM ${A", "it has a bad substitution"],
    ["FROM ${A:-b", "a closing } is missing"],
    ["FROM 'a", "a single quote is not closed"],
  ];
  for (const [text, expected, inputs] of plans)
    it(`is ${JSON.stringify(expected)} for ${JSON.stringify(text)}`, () => {
      assert.equal(shortPlan(text, inputs), expected);
    });

  it("names the instructions that add layers, bottom first, with their lines", () => {
    const found = plan("FROM a AS base\n\nRUN x\nFROM base\nWORKDIR /w\nCOPY . .");
    assert.deepEqual(found.known && found.steps, [
      { keyword: "RUN", line: 3 },
      { keyword: "WORKDIR", line: 5 },
      { keyword: "COPY", line: 6 },
    ]);
  });
});
