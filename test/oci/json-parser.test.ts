import assert from "node:assert/strict";
import fc from "fast-check";
import { goInt, goStruct, unmarshal } from "../../policypack/oci/go-types";
import {
  GoJsonError,
  type Json,
  JsonNumber,
  JsonObject,
  JsonText,
  parseJson,
} from "../../policypack/oci/json-parser";

/** The value as `JSON.parse` makes it, which keeps unpaired surrogates where Go does not. */
function plain(value: Json): unknown {
  if (value instanceof JsonNumber) return Number(value.spelling);
  if (value instanceof JsonObject)
    return Object.fromEntries(value.members.map(({ key, value: member }) => [key, plain(member)]));
  return Array.isArray(value) ? value.map((item: Json) => plain(item)) : value;
}

const wellFormed = (text: string) => text.replace(/\p{Cs}/gu, "\uFFFD");

/** Undefined if it is refused. */
function attempt(parse: () => unknown): { readonly value: unknown } | undefined {
  try {
    return { value: parse() };
  } catch (error) {
    if (error instanceof GoJsonError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Pieces of which a JSON text is made, legal or not; the escapes are such as JavaScript and Go read alike. */
const pieces = [
  '"',
  '"a"',
  "\\",
  "\\\\",
  '\\"',
  "\\n",
  "\\u00e9",
  "\\u12",
  "\n",
  "\t",
  "\u0001",
  "\u007f",
  "é",
  "😀",
];
const others = [
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  " ",
  "null",
  "tru",
  "true",
  "-",
  "0",
  "1",
  "2.0",
  "1e3",
  "01",
  "\ufeff",
];

describe("parsing JSON", () => {
  it("accepts the texts that JSON.parse accepts, and reads them as it does", () => {
    const text = fc
      .array(fc.constantFrom(...pieces, ...others), { maxLength: 12 })
      .map((all) => all.join(""));
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          text.map((inner) => `"${inner}"`),
          text.map((inner) => `["${inner}"]`),
        ),
        (json) => {
          const ours = attempt(() => plain(parseJson(Buffer.from(json))));
          assert.deepEqual(
            ours,
            attempt(() => JSON.parse(json)),
          );
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it("reads every value as it was written, unpaired surrogates aside", () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: "medium" }), fc.constantFrom(undefined, 1), (value, space) => {
        const json = JSON.stringify(value, undefined, space);
        assert.deepEqual(plain(parseJson(Buffer.from(json))), JSON.parse(wellFormed(json)));
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        assert.equal(parseJson(Buffer.from(JSON.stringify(text))), wellFormed(text));
      }),
    );
  });

  it("parses a document once for all who read the same bytes", () => {
    const bytes = Buffer.from("[1]");
    assert.equal(JsonText.of(bytes).value, JsonText.of(bytes).value);
    assert.notEqual(JsonText.of(Buffer.from("[1]")).value, JsonText.of(bytes).value);
  });
});

describe("the fields of a Go struct", () => {
  const type = goStruct<{ value: number }>({ value: ["Skis", goInt] });
  const valueAt = (key: string) => unmarshal(Buffer.from(JSON.stringify({ [key]: 1 })), type).value;

  it("are those whose names a key matches without regard to case, for letters that fold to ASCII too", () => {
    const variants = ["sSſ", "kK\u212a", "iI", "sSſ"].map((letters) =>
      fc.constantFrom(...Array.from(letters)),
    );
    fc.assert(
      fc.property(fc.tuple(...variants), (letters) => {
        assert.equal(valueAt(letters.join("")), 1);
      }),
    );
  });

  it("are none for other keys, of the same length or not", () => {
    for (const key of ["", "Ski", "Skiss", "Sk\u0131s", "Skiß", "Skit", "__proto__", "ＳＫＩＳ"])
      assert.equal(valueAt(key), 0, key);
  });
});
