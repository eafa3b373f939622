import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeRecords, documentName, encodeRecord, tagName } from "../../policypack/cache/shard-format";

const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
const word = fc.stringMatching(/^[\w.:-]{1,128}$/);
const record = fc.oneof(
  fc.tuple(
    fc.tuple(hex(32), hex(64)).map(([repository, digest]) => documentName(repository, `sha256:${digest}`)),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  ),
  fc.tuple(
    fc.tuple(hex(32), word).map(([repository, tag]) => tagName(repository, tag)),
    word.map((value) => Buffer.from(value)),
  ),
);
const encode = (records: readonly (readonly [string, Uint8Array])[]) =>
  Buffer.concat(records.flatMap(([name, value]) => encodeRecord(name, value)));

describe("records of cached documents", () => {
  it("are read as they were written, the last of each name", () => {
    fc.assert(
      fc.property(fc.array(record), (records) => {
        const { records: read, isWhole } = decodeRecords(encode(records));
        assert.ok(isWhole);
        assert.deepEqual(new Map([...read].sort()), new Map([...new Map(records)].sort()));
      }),
    );
  });

  it("that are cut anywhere give those before the cut, whole", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(record, { selector: ([name]) => name, minLength: 1 }),
        fc.nat(),
        (records, n) => {
          const all = encode(records);
          const cut = n % all.length;
          const { records: read, isWhole } = decodeRecords(all.subarray(0, cut));
          const whole = records.filter((_, i) => encode(records.slice(0, i + 1)).length <= cut);
          assert.deepEqual([...read], whole);
          assert.equal(isWhole, encode(whole).length === cut);
        },
      ),
    );
  });

  it("of any bytes are read without an error, and written again as they were read", () => {
    const lines = fc.array(
      fc.oneof(
        record.map((one) => encode([one]).toString("latin1")),
        fc.string(),
      ),
    );
    fc.assert(
      fc.property(lines, (texts) => {
        const { records } = decodeRecords(Buffer.from(texts.join(""), "latin1"));
        assert.deepEqual(decodeRecords(encode([...records])).records, records);
      }),
    );
  });

  const repository = "0".repeat(32);
  for (const [what, name, value] of [
    ["a tag with a line break", tagName(repository, "1\nx"), "v"],
    ["a tag with a space", tagName(repository, "1 x"), "v"],
    ["a tag without a value", tagName(repository, "1"), ""],
    ["a value with a line break", tagName(repository, "1"), "v\nx"],
    ["a tag of 1,000 characters", tagName(repository, "x".repeat(1_000)), "v"],
    ["a digest with a line break", documentName(repository, "sha256:a 1\nx"), "v"],
    ["a repository that is not a hash", documentName("library/nginx", "sha256:a"), "v"],
  ] as const)
    it(`are not written for ${what}`, () => {
      assert.deepEqual(encodeRecord(name, Buffer.from(value)), []);
    });

  it("of documents hold bytes that look like records", () => {
    const inner = encode([[tagName(repository, "1"), Buffer.from("x")]]);
    const name = documentName(repository, "sha256:a");
    const { records } = decodeRecords(encode([[name, inner]]));
    assert.deepEqual([...records], [[name, inner]]);
  });
});
