import assert from "node:assert/strict";
import { output } from "@pulumi/pulumi";
import { unreadableUse } from "../../policypack/report";
import { imagesOf } from "../../policypack/workloads";
import { previewed } from "../../support/pulumi/previewed";

const classic = "aws:ecs/taskDefinition:TaskDefinition";
const native = "aws-native:ecs:TaskDefinition";

/** What @pulumi/pulumi itself makes of an Output. */
const url = output("registry.example/app");
// eslint-disable-next-line @typescript-eslint/no-base-to-string -- it is what programs do by mistake
const inTemplate = String(url);
const inJson = String(JSON.parse(JSON.stringify(url)));

/** What each language writes, the words that name it, and the language of the fix. */
const texts: readonly (readonly [text: string, what: string, fix: RegExp])[] = [
  [inTemplate, "an Output", /In Node\.js, use pulumi\.interpolate .* pulumi\.jsonStringify/],
  [inJson, "an Output", /pulumi\.jsonStringify/],
  ["[object Object]", "an object", /In Node\.js/],
  ["[object Promise]", "a Promise", /await/],
  [
    'Calling __str__ on an Output[T] is not supported.\n\n1. o.apply(lambda v: f"prefix{v}suffix")',
    "an Output",
    /In Python, use Output\.concat.* Output\.json_dumps/,
  ],
  ["<pulumi.output.Output object at 0x7f1c2a3b4d50>", "an Output", /In Python/],
  ["<pulumi_aws.ecr.repository.Repository object at 0x7f1c2a3b4d50>", "an object", /In Python/],
  ["<coroutine object main at 0x7f1c2a3b4d50>", "an object", /In Python/],
  ["Pulumi.Output`1[System.String]", "an Output", /In \.NET, use Output\.Format .* Output\.JsonSerialize/],
  ["System.Threading.Tasks.Task`1[System.String]", "an object", /In \.NET/],
  ["com.pulumi.core.internal.OutputInternal@5e91993f", "an Output", /In Java, use Output\.format/],
  ["OutputInternal@5e91993f", "an Output", /In Java/],
  ["java.util.concurrent.CompletableFuture@5e91993f[Not completed]", "an object", /In Java/],
  ["{0xc000123450}", "an Output", /In Go, use pulumi\.Sprintf .* pulumi\.JSONMarshal/],
  ["{%!s(*internal.OutputState=0xc0000b4000)}", "an Output", /In Go/],
  ["&{{0xc000123450}}", "an Output", /In Go/],
  ["%!s(MISSING)", "an Output", /In Go/],
  ["%!(EXTRA string=x)", "an Output", /In Go/],
  ["<nil>", "nil", /In Go/],
];

/** The one problem of a task definition, as it is reported. */
function problemOf(type: string, containerDefinitions: unknown): string {
  const { uses, unreadable } = imagesOf(type, previewed({ containerDefinitions }))!;
  assert.deepEqual(uses, []);
  assert.equal(unreadable.length, 1);
  const [use] = unreadable;
  assert.ok(use?.reason === "malformed" || use?.reason === "impossible");
  return unreadableUse({ name: "web" }, use);
}

describe("a value that a program converted to a string too early", () => {
  for (const [text, what, fix] of texts) {
    const shown = JSON.stringify(text.slice(0, 40));
    const held = `${what} that was converted to a string`;

    it(`is named in an image: ${shown}`, () => {
      for (const image of [text, `${text}:1`, `registry.example/app:${text}`]) {
        for (const found of [
          problemOf(native, [{ image }]),
          problemOf(classic, JSON.stringify([{ image }])),
        ]) {
          assert.ok(found.includes(`the image holds ${held}.`), found);
          assert.match(found.replaceAll(/\s+/g, " "), fix);
        }
      }
    });

    it(`is named in a text that it makes invalid JSON, and as the whole value: ${shown}`, () => {
      for (const definitions of [`[{"image":"${text}" oops:1"}]`, text, JSON.stringify(text)]) {
        const found = problemOf(classic, definitions);
        assert.ok(found.includes(`the container definitions hold ${held}.`), found);
        assert.match(found.replaceAll(/\s+/g, " "), fix);
        assert.doesNotMatch(found, /line 1|AWS would refuse/);
      }
    });
  }

  it("is named in a template literal that holds JSON", () => {
    // eslint-disable-next-line @typescript-eslint/restrict-template-expressions, @typescript-eslint/no-base-to-string -- the mistake itself
    const found = problemOf(classic, `[{"image":"${url}:1"}]`);
    assert.match(found, /the container definitions hold an Output that was converted to a string\.\nIn Node/);
  });

  for (const word of ["undefined", "null", "NaN", "None", "undefined:1", "null:latest"]) {
    it(`is named if it was missing altogether: ${word}`, () => {
      const found = problemOf(native, [{ image: word }]);
      const [name = ""] = word.split(":");
      assert.ok(found.includes(`the image holds "${name}", a missing value`), found);
    });
  }

  it("is reported for an image that JSON turned into an object", () => {
    const found = problemOf(classic, JSON.stringify([{ image: Promise.resolve("nginx") }]));
    assert.match(
      found,
      /the image is an object, not a string\.\nWait for the value before you make the JSON/,
    );
  });

  it("is named in each place of a Batch job and an Express service", () => {
    const [text] = texts[0]!;
    for (const [type, props] of [
      ["aws:batch/jobDefinition:JobDefinition", { containerProperties: text }],
      ["aws:batch/jobDefinition:JobDefinition", { ecsProperties: `{"taskProperties":${text}}` }],
      ["aws-native:batch:JobDefinition", { containerProperties: text }],
      ["aws:ecs/expressGatewayService:ExpressGatewayService", { primaryContainer: text }],
      ["aws-native:ecs:DaemonTaskDefinition", { containerDefinitions: text }],
    ] as const) {
      const message = imagesOf(type, previewed(props))!.unreadable[0]?.message ?? "";
      assert.match(message, /holds? an Output that was converted to a string/, type);
    }
  });

  for (const image of [
    "nginx",
    "undefined/app:1",
    "registry.example/undefined:1",
    "registry.example/app:undefined",
    "nullable",
    "registry.example/output:null",
    `registry.example/java.app@sha256:${"a".repeat(64)}`,
  ]) {
    it(`is not seen in the legal name ${image.slice(0, 40)}`, () => {
      const { uses, unreadable } = imagesOf(native, { containerDefinitions: [{ image }] })!;
      assert.deepEqual([uses.length, unreadable], [1, []]);
    });
  }

  it("is searched in little time, whatever the text", () => {
    for (const part of ["<function ", "System.A", "<pulumi.", "java.a", "Calling x", "&", "%!", "[object "]) {
      const started = process.cpuUsage().user;
      problemOf(classic, part.repeat(200_000));
      assert.ok(process.cpuUsage().user - started < 5_000_000, part);
    }
  });
});
