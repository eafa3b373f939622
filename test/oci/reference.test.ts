import assert from "node:assert/strict";
import fc from "fast-check";
import {
  formatReference,
  InvalidReferenceError,
  parseReference,
  type Reference,
  referenceIn,
  withDefaultTag,
} from "../../policypack/oci/reference";
import { inTime } from "../../support/mocha/in-time";

const sha256 = `sha256:${"0123456789abcdef".repeat(4)}`;
const sha512 = `sha512:${"0123456789abcdef".repeat(8)}`;
const hub = "docker.io";

// What distribution/reference makes of each name (`ParseNormalizedNamed`; its own tests hold most of these).
const legal: [name: string, registry: string, repository: string, rest?: Partial<Reference>][] = [
  ["nginx", hub, "library/nginx"],
  ["nginx:1.27", hub, "library/nginx", { tag: "1.27" }],
  [`nginx@${sha256}`, hub, "library/nginx", { digest: sha256 }],
  [`nginx:1@${sha256}`, hub, "library/nginx", { tag: "1", digest: sha256 }],
  [`nginx@${sha512}`, hub, "library/nginx", { digest: sha512 }],
  ["1_2", hub, "library/1_2"],
  ["docker.io/nginx", hub, "library/nginx"],
  ["index.docker.io/nginx", hub, "library/nginx"],
  ["index.docker.io/team/app", hub, "team/app"],
  ["docker.io/library/nginx", hub, "library/nginx"],
  ["team/app", hub, "team/app"],
  ["team/sub/app", hub, "team/sub/app"],
  ["localhost/app", "localhost", "app"],
  ["localhost:5000/app:1", "localhost:5000", "app", { tag: "1" }],
  ["localhost:5000", hub, "library/localhost", { tag: "5000" }],
  ["registry:5000/app", "registry:5000", "app"],
  ["registry.example.com/app", "registry.example.com", "app"],
  ["a.b/c", "a.b", "c"],
  ["Registry/app", "Registry", "app"],
  ["FOO.example/app", "FOO.example", "app"],
  ["127.0.0.1/app", "127.0.0.1", "app"],
  ["[::1]/app", "[::1]", "app"],
  ["[2001:db8::1]:5000/app:t", "[2001:db8::1]:5000", "app", { tag: "t" }],
  ["xn--n3h.com/myimage", "xn--n3h.com", "myimage"],
  ["a-b/c-d", hub, "a-b/c-d"],
  ["a--b/c__d", hub, "a--b/c__d"],
  ["a.b_c-d", hub, "library/a.b_c-d"],
  ["foo_bar/x", hub, "foo_bar/x"],
  ["foo_bar.com:8080", hub, "library/foo_bar.com", { tag: "8080" }],
  // No legal domain, but a legal path: accepted, and its text is that of a host, from which containerd pulls.
  ["my_host.example/team/app:1", "my_host.example", "team/app", { tag: "1" }],
  ["LOCALDOMAIN/library/debian", "LOCALDOMAIN", "library/debian"],
  ["index.docker.io", hub, "library/index.docker.io"],
  ["localhost", hub, "library/localhost"],
  ["192.168.0.1:80", hub, "library/192.168.0.1", { tag: "80" }],
  ["docker---rules/docker", hub, "docker---rules/docker"],
  ["library/foo/bar", hub, "library/foo/bar"],
  ["lowercase:Uppercase", hub, "library/lowercase", { tag: "Uppercase" }],
  [`${"a/".repeat(127)}a:t`, hub, `${"a/".repeat(127)}a`, { tag: "t" }],
  [`docker.io/${"f".repeat(64)}`, hub, `library/${"f".repeat(64)}`],
  [`app:${"t".repeat(128)}`, hub, "library/app", { tag: "t".repeat(128) }],
  ["app:_underscore", hub, "library/app", { tag: "_underscore" }],
  ["app:UPPER.and-lower_1", hub, "library/app", { tag: "UPPER.and-lower_1" }],
  [`example.com/${"a".repeat(255)}`, "example.com", "a".repeat(255)],
  [
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:1",
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
    "team/app",
    { tag: "1" },
  ],
  ["f".repeat(63), hub, `library/${"f".repeat(63)}`],
  [`${"f".repeat(64)}:tag`, hub, `library/${"f".repeat(64)}`, { tag: "tag" }],
];

const illegal: [name: string, why: RegExp][] = [
  ["", /empty/],
  ["f".repeat(64), /64 hex digits/],
  ["Nginx", /must be lowercase/],
  ["team/App", /must be lowercase/],
  ["registry.example.com/App", /must be lowercase/],
  ["aa/Image", /must be lowercase/],
  ["https://registry.example.com/app", /begins with a scheme/],
  ["HTTPS://registry.example.com/App", /begins with a scheme/],
  ["docker://nginx", /begins with a scheme/],
  [" nginx", /white space/],
  ["nginx\n", /white space/],
  ["nginx:la test", /white space/],
  ["nginx\u00a0", /white space/],
  ["nginx\u0000", /control character/],
  ["\u001b[31mred", /control character/],
  ["ngınx", /ASCII/],
  ["nginx:", /a tag has 1 to 128/],
  ["nginx:-tag", /a tag has 1 to 128/],
  [`nginx:${"t".repeat(129)}`, /tag has 129 characters, and 128/],
  ["nginx@", /digest is not of the form/],
  ["nginx@sha256:abc", /has 3 hex digits where sha256 has 64/],
  [`nginx@sha256:${"a".repeat(63)}`, /has 63 hex digits where sha256 has 64/],
  [`nginx@sha256:${"A".repeat(64)}`, /lower-case hex/],
  [`nginx@md5:${"a".repeat(32)}`, /unknown algorithm/],
  [`nginx@sha512:${"a".repeat(64)}`, /has 64 hex digits where sha512 has 128/],
  [`nginx@SHA256:${"a".repeat(64)}`, /unknown algorithm/],
  [`nginx@sha256+b64:${"a".repeat(64)}`, /unknown algorithm/],
  [`nginx@${sha256}:tag`, /digest is not of the form/],
  [`nginx@${sha256}@${sha256}`, /digest is not of the form/],
  [`@${sha256}`, /part of its path is empty/],
  [":tag", /part of its path is empty/],
  ["registry.example.com/", /part of its path is empty/],
  ["a//b", /part of its path is empty/],
  ["/app", /part of its path is empty/],
  ["app/", /part of its path is empty/],
  ["-app", /must be/],
  ["app-", /must be/],
  ["a..b/c", /must be/],
  ["foo___bar", /must be/],
  ["-registry.example/app", /host must be/],
  ["Team_Name/app", /must be lowercase/],
  ["registry.example:port/app", /host must be/],
  ["[::1/app", /host must be/],
  ["[fe80::1%25eth0]/app", /host must be/],
  ["[2001:db8:3:4::192.0.2.33]:5000/app", /host must be/],
  ["fc00::1:5000/app", /host must be/],
  ["[fc00::1]:5000", /part of its path must be/],
  [`example.com/${"a".repeat(256)}`, /256 characters, and 255/],
  ["a".repeat(1_000_000), /1000000 characters/],
];

describe("a reference", () => {
  for (const [name, registry, repository, rest = {}] of legal) {
    it(`${name.length > 80 ? `${name.slice(0, 80)}…` : name} is ${registry} and its repository`, () => {
      assert.deepEqual(parseReference(name), { registry, repository, ...rest });
    });
  }

  for (const [name, why] of illegal) {
    it(`is refused: ${JSON.stringify(name.slice(0, 80))}`, () => {
      assert.throws(
        () => parseReference(name),
        (error: unknown) => {
          assert.ok(error instanceof InvalidReferenceError);
          assert.match(error.message, why);
          // eslint-disable-next-line no-control-regex -- none may be left
          assert.doesNotMatch(error.message, /[\u0000-\u001f]/);
          return error.message.length < 400;
        },
      );
    });
  }

  it("gets the tag latest only if it has neither tag nor digest", () => {
    assert.equal(formatReference(withDefaultTag(parseReference("nginx"))), "docker.io/library/nginx:latest");
    assert.equal(
      formatReference(withDefaultTag(parseReference(`nginx@${sha256}`))),
      `docker.io/library/nginx@${sha256}`,
    );
    assert.equal(
      formatReference(withDefaultTag(parseReference(`a/b:c@${sha256}`))),
      `docker.io/a/b:c@${sha256}`,
    );
  });

  it("is the same after it was written out and read again", () => {
    const word = fc.stringMatching(/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/, { maxLength: 20 });
    const registry = fc.constantFrom(
      "docker.io",
      "localhost",
      "localhost:5000",
      "a.example",
      "[::1]:5000",
      "UP",
    );
    const tag = fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/), { nil: undefined });
    const digest = fc.constantFrom(undefined, sha256, sha512);
    fc.assert(
      fc.property(
        registry,
        fc.array(word, { minLength: 2, maxLength: 4 }),
        tag,
        digest,
        (host, words, t, d) => {
          const reference: Reference = {
            registry: host,
            repository: words.join("/"),
            ...(t === undefined ? {} : { tag: t }),
            ...(d === undefined ? {} : { digest: d }),
          };
          assert.deepEqual(parseReference(formatReference(reference)), reference);
        },
      ),
      { seed: 3 },
    );
  });

  it("is refused, or is the same after formatting and parsing, whatever the text", () => {
    const token = fc.constantFrom(
      "a",
      "A",
      ":",
      "/",
      "@",
      ".",
      "-",
      "_",
      "[",
      "]",
      "5",
      " ",
      "docker.io",
      sha256,
    );
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: token, maxLength: 12 }));
    fc.assert(
      fc.property(text, (name) => {
        try {
          const reference = parseReference(name);
          assert.deepEqual(parseReference(formatReference(reference)), reference);
          assert.deepEqual(referenceIn(name), reference);
        } catch (error) {
          if (!(error instanceof InvalidReferenceError)) throw error;
          assert.equal(referenceIn(name), undefined);
        }
      }),
      { seed: 4, numRuns: 3000 },
    );
  });

  it("is refused in time, however long and odd the name", () => {
    inTime(() => {
      for (const length of [4096, 1_000_000]) {
        for (const piece of ["a", "a.", "a-", "-", "a/", "a_", "A", "[:", "a:", "a@", "\n", "\u{1F40B}"]) {
          for (const end of ["", "!", "/b", ":", `@${sha256}`]) {
            assert.equal(referenceIn(piece.repeat(length / piece.length) + end), undefined);
          }
        }
      }
    });
  });

  it("is refused if a caller without types passes another value", () => {
    assert.throws(() => Reflect.apply(parseReference, undefined, [undefined]), InvalidReferenceError);
  });
});
