import fc from "fast-check";

/** Texts that broke something somewhere: control, bidi and format characters, lone surrogates, names of prototypes, long ones. */
export const nasty = fc.constantFrom(
  "",
  " ",
  "\n",
  "\r\n",
  "\0",
  "\u001b[2J\u001b]0;x\u0007",
  "\u009b31m",
  "\u0085",
  "\u007f",
  "\u202eabc\u202c",
  "\u2066x\u2069",
  "\u200b",
  "\ufeff",
  "\ud800",
  "\udc00\ud800",
  "\u2028",
  "\u{e0041}",
  "😀",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "../../etc/passwd",
  "http://a/?X-Amz-Signature=s",
  "${jndi:x}",
  "%00%n",
  "-",
  "--help",
  "<script>",
  "null",
  "NaN",
  "a".repeat(5000),
  "\u202e".repeat(500),
  "[".repeat(300),
);

export const text = fc.oneof(
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
  { weight: 2, arbitrary: nasty },
  { weight: 1, arbitrary: fc.array(nasty, { maxLength: 4 }).map((parts) => parts.join("")) },
  { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
);

/** Texts made of a language's own words, with foreign ones between them. */
export function mixed(...words: readonly string[]): fc.Arbitrary<string> {
  const word = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...words) }, { weight: 1, arbitrary: text });
  return fc.array(word, { maxLength: 16 }).map((parts) => parts.join(""));
}

const numbers = fc.oneof(
  fc.constantFrom(0, -0, -1, 1.5, 2 ** 53, -(2 ** 63), 1e308, -1e308, 5e-324, 4_294_967_296),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const leaf = fc.oneof(text, numbers, fc.boolean(), fc.constant(null));

/** JSON of any shape, with the keys that a document knows and those that objects know. */
function jsonOf(keys: readonly string[]): fc.Arbitrary<unknown> {
  const key = fc.oneof(fc.constantFrom(...keys, "__proto__", "constructor", "toString"), text);
  return fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthIdentifier: "json" },
      leaf,
      fc.array(tie("value"), { maxLength: 4 }),
      fc.array(fc.tuple(key, tie("value")), { maxLength: 5 }).map((entries) => Object.fromEntries(entries)),
    ),
  })).value;
}

/** Texts and numbers more often than what has a shape. */
function leafOr(junk: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 2, arbitrary: leaf }, { weight: 1, arbitrary: junk });
}

/** Documents that are nearly good, and at times others of any shape with the same keys. */
export function nearly(keys: readonly string[], ...good: readonly unknown[]): fc.Arbitrary<unknown> {
  const spoiled = good.map((one) => ({ weight: 4, arbitrary: spoilt(one, keys) }));
  return fc.oneof(...spoiled, { weight: 1, arbitrary: jsonOf(keys) });
}

/** A good document with one of its parts replaced, removed, or accompanied by a foreign one. */
function spoilt(good: unknown, keys: readonly string[]): fc.Arbitrary<unknown> {
  const junk = jsonOf(keys);
  return fc
    .tuple(
      fc.array(fc.nat({ max: 60 }), { minLength: 1, maxLength: 6 }),
      leafOr(junk),
      text,
      fc.nat({ max: 3 }),
    )
    .map(([path, value, name, how]) => change(good, path, { value, name, how }));
}

interface Change {
  readonly value: unknown;
  readonly name: string;
  readonly how: number;
}

function change(holder: unknown, [step, ...rest]: readonly number[], by: Change): unknown {
  if (typeof holder !== "object" || holder === null || step === undefined) return by.value;
  const entries: [string, unknown][] = Object.entries(holder);
  const at = step % (entries.length + 1);
  const entry = entries[at];
  if (entry === undefined) entries.push([by.name, by.value]);
  else if (rest.length === 0 && by.how === 0) entries.splice(at, 1);
  else entries[at] = [entry[0], change(entry[1], rest, by)];
  return Array.isArray(holder) ? entries.map(([, value]) => value) : Object.fromEntries(entries);
}

/** A document as text: good JSON, JSON cut, spliced, with keys twice or numbers beyond all bounds, and what is not JSON at all. */
export function textOf(document: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const json = document.map((value) => JSON.stringify(value));
  const splice = fc.constantFrom(
    "",
    '"',
    "\\",
    "{",
    "]",
    ",",
    ":",
    "1e999",
    "-1e999",
    "-0",
    "\u0000",
    "\ud800",
    '"a":1,"a":2,',
    "/*",
    "NaN",
    "01",
  );
  const spliced = fc.tuple(json, fc.nat(), fc.nat({ max: 3 }), splice).map(([whole, at, cut, insert]) => {
    const place = at % (whole.length + 1);
    return whole.slice(0, place) + insert + whole.slice(place + cut);
  });
  return fc.oneof(
    { weight: 12, arbitrary: json },
    { weight: 3, arbitrary: spliced },
    { weight: 1, arbitrary: json.map((whole) => `\ufeff${whole}`) },
    { weight: 1, arbitrary: text },
  );
}

/** The same as bytes, at times of another encoding. */
export function bytesOf(document: fc.Arbitrary<unknown>): fc.Arbitrary<Uint8Array> {
  const texts = textOf(document);
  return fc.oneof(
    { weight: 16, arbitrary: texts.map((whole) => Buffer.from(whole, "utf8")) },
    { weight: 1, arbitrary: texts.map((whole) => Buffer.from(whole, "utf16le")) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }) },
  );
}
