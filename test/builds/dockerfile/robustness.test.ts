import fc from "fast-check";
import assert from "node:assert/strict";
import { planBuild } from "../../../policypack/builds/dockerfile/build-plan";
import { inTime } from "../../../support/mocha/in-time";

const seed = 20260727;

function plan(text: string, buildArgs: readonly (readonly [string, string])[] = []) {
  return planBuild(text, {
    platform: "linux/amd64",
    buildArgs: new Map(buildArgs),
    namedContexts: new Map(),
  });
}

describe("the Dockerfile reader", () => {
  const piece = fc.constantFrom(
    ..."FROM |AS |ARG |RUN |ONBUILD |COPY |WORKDIR |a|b:1|$|{|}|:-|:+|#|%|/|//|\\|`|'|\"|<<|EOF|-| |\t|\n|\r\n|# escape=`\n|--platform=|=|scratch|*|?|[|]|é|😀|\0".split(
      "|",
    ),
  );

  it("never throws, whatever it reads", () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.array(piece, { maxLength: 60 }).map((p) => p.join("")),
    );
    fc.assert(
      fc.property(text, (dockerfile) => {
        for (const whole of [dockerfile, `FROM a\n${dockerfile}`, `ARG A=x\nFROM ${dockerfile}`]) {
          const found = plan(whole, [["A", "y.z"]]);
          assert.ok(found.known || found.reason !== "");
        }
      }),
      { seed, numRuns: 2000 },
    );
  });

  const layer = fc.constantFrom("RUN a", "COPY a b", "ADD a b", "WORKDIR /w", "RUN <<E\nFROM no\nE");
  const other = fc.constantFrom("ENV a=b", "# FROM no", "", "LABEL a=b", 'CMD ["a"]', "USER a", "ARG x=1");

  it("counts the layers of the stages under the last one, however they are written", () => {
    const stage = fc.array(
      fc.oneof(
        layer.map((text) => ({ text, layers: 1 })),
        other.map((text) => ({ text, layers: 0 })),
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(fc.array(stage, { minLength: 1, maxLength: 5 }), fc.boolean(), (stages, crlf) => {
        const texts = stages.map((lines, at) =>
          [`FROM ${at === 0 ? "base:1" : `s${at - 1}`} AS s${at}`, ...lines.map(({ text }) => text)].join(
            "\n",
          ),
        );
        const text = texts.join("\n");
        const found = plan(crlf ? text.replaceAll("\n", "\r\n") : text);
        assert.ok(found.known);
        assert.deepEqual(found.base, { kind: "image", image: "base:1" });
        assert.equal(
          found.steps.length,
          stages.flat().reduce((sum, { layers }) => sum + layers, 0),
        );
      }),
      { seed, numRuns: 500 },
    );
  });

  it("does not let arguments grow without bound, nor deep or long input take long", () => {
    const doubling = Array.from({ length: 60 }, (_, n) => `ARG A${n + 1}=$A${n}$A${n}`);
    for (const text of [
      ["ARG A0=aaaa", ...doubling, "FROM i:$A60"].join("\n"),
      `FROM ${"${A:-".repeat(20_000)}`,
      `FROM ${"$".repeat(200_000)}`,
      `FROM a\nRUN ${"\\ ".repeat(200_000)}`,
      `FROM a\nRUN ${"<<".repeat(100_000)}`,
      `FROM a\nRUN ${'"'.repeat(100_001)}<<x`,
      `FROM a${"\r".repeat(200_000)}x`,
      `FROM a${" ".repeat(200_000)}x`,
      `ARG A=${"a".repeat(500)}\nFROM \${A//${"*?".repeat(60)}b/x}`,
    ]) {
      inTime(() => plan(text));
    }
    const blown = plan(["ARG A0=aaaa", ...doubling, "FROM i:$A60"].join("\n"));
    assert.equal(blown.known, false);
  });
});
