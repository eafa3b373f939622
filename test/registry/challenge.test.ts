import assert from "node:assert/strict";
import fc from "fast-check";
import { parseChallenges } from "../../policypack/registry/token-client";

interface Row {
  readonly what: string;
  readonly fields: readonly string[];
  readonly challenges: readonly { scheme: string; token68?: string; params?: Record<string, string> }[];
}

const hub = {
  scheme: "bearer",
  params: {
    realm: "https://auth.docker.io/token",
    service: "registry.docker.io",
    scope: "repository:library/x:pull",
  },
};

// RFC 9110 §11.6.1 and what registries send; the cases of distribution's own tests are in `test/conformance/vectors.test.ts`.
const rows: readonly Row[] = [
  {
    what: "Docker Hub's",
    fields: [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/x:pull"',
    ],
    challenges: [hub],
  },
  {
    what: "odd case and odd spacing",
    fields: [
      '  ,BEARER\tRealm = "https://auth.docker.io/token" , SERVICE ="registry.docker.io",, scope= "repository:library/x:pull" ,',
    ],
    challenges: [hub],
  },
  {
    what: "params separated by spaces only, and unquoted",
    fields: [
      "Bearer realm=https://auth.docker.io/token service=registry.docker.io scope=repository:library/x:pull",
    ],
    challenges: [hub],
  },
  {
    what: "several challenges in one field",
    fields: ['Basic realm="a, b=c", Bearer realm="https://t/", Negotiate'],
    challenges: [
      { scheme: "basic", params: { realm: "a, b=c" } },
      { scheme: "bearer", params: { realm: "https://t/" } },
      { scheme: "negotiate" },
    ],
  },
  {
    what: "several fields",
    fields: ["Negotiate oYG2MIGzoAMKAQChCwYJ+/==", 'Basic realm="x"'],
    challenges: [
      { scheme: "negotiate", token68: "oYG2MIGzoAMKAQChCwYJ+/==" },
      { scheme: "basic", params: { realm: "x" } },
    ],
  },
  {
    what: "a token68 followed by another challenge",
    fields: ['Negotiate abc=, Basic realm="x"'],
    challenges: [
      { scheme: "negotiate", token68: "abc=" },
      { scheme: "basic", params: { realm: "x" } },
    ],
  },
  {
    what: "escapes in quoted strings",
    fields: [String.raw`Basic realm="a \"quoted\" \\ name", charset="UTF-8"`],
    challenges: [{ scheme: "basic", params: { realm: String.raw`a "quoted" \ name`, charset: "UTF-8" } }],
  },
  {
    what: "a missing comma between challenges",
    fields: ['Basic Bearer realm="https://t/"'],
    challenges: [{ scheme: "basic" }, { scheme: "bearer", params: { realm: "https://t/" } }],
  },
  {
    what: "a repeated param: the first counts",
    fields: ['Bearer realm="https://a/",realm="https://b/"'],
    challenges: [{ scheme: "bearer", params: { realm: "https://a/" } }],
  },
  {
    what: "an empty value",
    fields: ['Bearer realm="https://a/",scope="",service='],
    challenges: [{ scheme: "bearer", params: { realm: "https://a/", scope: "", service: "" } }],
  },
  {
    what: "a quoted string that never ends",
    fields: ['Bearer realm="https://a/'],
    challenges: [{ scheme: "bearer", params: { realm: "https://a/" } }],
  },
  {
    what: "params named like object members",
    fields: ['Bearer __proto__="p",constructor=c'],
    challenges: [{ scheme: "bearer", params: { ["__proto__"]: "p", constructor: "c" } }],
  },
  { what: "nothing", fields: ["", " , ,", '"', "=", "("], challenges: [] },
];

describe("the challenges of WWW-Authenticate", () => {
  for (const { what, fields, challenges } of rows) {
    it(`reads ${what}`, () => {
      const expected = challenges.map(({ params = {}, ...rest }) => ({
        ...rest,
        params: new Map(Object.entries(params)),
      }));
      assert.deepEqual(parseChallenges(fields), expected);
    });
  }

  it("reads back whatever challenges are written by the grammar", () => {
    const word = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9a-z-]{1,12}$/);
    const text = fc.stringMatching(/^[\t -~\u0080-\u00ff]{0,20}$/);
    const challenge = fc.record({
      scheme: word,
      params: fc.uniqueArray(fc.tuple(word, text), {
        selector: ([name]) => name,
        minLength: 1,
        maxLength: 4,
      }),
    });
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 4 }), (written) => {
        const field = written
          .map(({ scheme, params }) => {
            const list = params.map(([name, value]) => `${name}="${value.replace(/["\\]/g, "\\$&")}"`);
            return `${scheme} ${list.join(", ")}`;
          })
          .join(", ");
        const expected = written.map(({ scheme, params }) => ({ scheme, params: new Map(params) }));
        assert.deepEqual(parseChallenges([field]), expected);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it("never throws, whatever it is given", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), (fields) => {
        parseChallenges(fields);
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});
