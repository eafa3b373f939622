import assert from "node:assert/strict";
import fc from "fast-check";
import { parseChallenges } from "../../../policypack/registry/token-client";
import { RegistryClient } from "../../../policypack/registry/client";
import { errorTextOf } from "../../../policypack/registry/errors";
import { parseUrl } from "../../../policypack/common/text";
import { describeNetworkError } from "../../../policypack/http/errors";
import { proxyFor } from "../../../policypack/http/proxy-env";
import { startOf } from "../../../policypack/http/byte-ranges";
import { refusalOf } from "../../../policypack/registry/refusal";
import { retryAfterMs } from "../../../policypack/http/retries";
import { shownPath } from "../../../policypack/common/trace";
import { TestRegistry } from "../../../support/registry/registry";
import { bytesOf, mixed, nearly, text, textOf } from "../arbitraries";
import { assertLine, assertWords } from "../safe";
import { type Subject, subject } from "../subject";

const secret = "s3cret-of-the-test";
const statuses = fc.constantFrom(
  200,
  204,
  206,
  301,
  400,
  401,
  403,
  404,
  406,
  408,
  410,
  416,
  418,
  429,
  500,
  503,
  599,
  999,
);
const error = {
  errors: [{ code: "DENIED", message: `no, says http://a/?sig=${secret}`, detail: {} }],
  details: "d",
  error_description: "e",
};
const errorKeys = ["errors", "code", "message", "detail", "details", "error_description"];
const wanted = { noun: "manifest", repository: "team/app", reference: "1" } as const;

function answer(status: number, body: Uint8Array, fields: Readonly<Record<string, string>> = {}) {
  const header = (name: string) => (fields[name] === undefined ? [] : [fields[name]]);
  return { status, url: new URL("https://a.example/v2/"), body: Buffer.from(body), header };
}

export const answers: readonly Subject[] = [
  subject(
    "challenges",
    fc.array(mixed("Bearer", "Basic", " ", "realm", "=", '"', ",", "\\", "https://a/", "abc==", "scope")),
    (fields) => {
      for (const { scheme, params } of parseChallenges(fields))
        assert.match([scheme, ...params.keys()].join(""), /^[!#$%&'*+.^_`|~0-9a-z-]+$/);
    },
  ),
  subject("error bodies", fc.tuple(statuses, bytesOf(nearly(errorKeys, error))), ([status, body]) => {
    const response = answer(status, body);
    const { quoted } = errorTextOf(response, [secret]);
    assertLine(quoted);
    assert.ok(quoted.length <= 210 && !quoted.includes(secret), quoted);
    const refusal = refusalOf("a.example", wanted, {
      response,
      authorized: { identified: true, secrets: [secret] },
    });
    assertWords(refusal.message);
    assert.ok(!refusal.message.includes(secret));
  }),
  subject(
    "ranges",
    fc.tuple(
      statuses,
      mixed("bytes ", "0", "-", "5", "/", "*", "9".repeat(30)),
      fc.uint8Array({ maxLength: 9 }),
    ),
    ([status, range, body]) => {
      const response = answer(status, body, { "content-range": range });
      const start = startOf({ ok: true, response }, 6, "a.example");
      if (!start.ok) assertWords(start.failure.message);
      else if (start.response.status === 200) assert.ok(start.response.body.length <= 6);
      else assert.equal(start.response, response);
    },
  ),
  subject(
    "waits",
    fc.tuple(
      mixed("1", "-1", "1e9", "9".repeat(400), "Wed, ", "21 Oct 2015 07:28:00 GMT", "Mon"),
      mixed("Wed, ", "21 Oct 2015 07:28:00 GMT", "x"),
    ),
    ([wait, date]) => {
      const ms = retryAfterMs(answer(429, Buffer.alloc(0), { "retry-after": wait, date }));
      assert.ok(ms === undefined || ms >= 0);
    },
  ),
  subject(
    "proxies",
    fc.tuple(
      mixed("http://", "https://", "socks5://", "u:p@", "proxy", ":3128", "[::1]", "%zz", "/"),
      mixed("*", ",", " ", ".a", "a.example", "10.0.0.0/8", "::1/129", "[", "]", ":443", "1.2.3.4"),
    ),
    ([proxy, direct]) => {
      for (const host of ["a.example", "1.2.3.4", "[::1]:8443"]) {
        const found = proxyFor(new URL(`https://${host}/`), { HTTPS_PROXY: proxy, NO_PROXY: direct });
        if (found?.url !== undefined) assertLine(found.name);
        assert.ok(found === undefined || found.variable === "HTTPS_PROXY");
      }
    },
  ),
  subject(
    "URLs",
    mixed(
      "https://a.example",
      "/",
      "v2",
      "?",
      "&",
      "=",
      "X-Amz-Signature",
      "scope",
      "%e2%80%ae",
      "%00",
      "AKIA1234567890ABCDef",
    ),
    (written) => {
      const url = parseUrl(written);
      if (url === undefined) return;
      assertLine(shownPath(url));
      assert.ok(shownPath(url).length < 5_000);
    },
  ),
  subject(
    "errors of the network",
    fc.tuple(text, fc.constantFrom("ECONNRESET", "ERR_SSL_\u001b", "toString", "__proto__", "\u202e"), text),
    ([code, known, message]) => {
      for (const one of [code, known]) {
        const described = describeNetworkError(
          Object.assign(new Error(message), { code: one, cause: new Error(code) }),
        );
        assertLine(described.words);
        assert.ok(described.words.length < 300);
      }
    },
  ),
];

const token = { token: "t0ken", access_token: "t", expires_in: 300, issued_at: "2026-01-01T00:00:00Z" };

/** The token service of a real connection answers with anything; whatever it says, the outcome is a value, in time. */
export function tokens(): Subject {
  let started: Promise<TestRegistry> | undefined;
  let body = "";
  let status = 200;
  const start = async () => {
    const registry = await TestRegistry.start({ access: { mode: "bearer" } });
    registry.onRequest = (request, response) => {
      if (!request.url!.startsWith("/token")) return false;
      response.writeHead(status).end(body);
      return true;
    };
    return registry;
  };
  const bodies = textOf(nearly(Object.keys(token), token));
  return {
    name: "tokens",
    share: 0.05,
    property: fc.asyncProperty(
      fc.tuple(fc.constantFrom(200, 200, 200, 201, 400, 401, 403), bodies),
      async (given) => {
        [status, body] = given;
        const registry = await (started ??= start());
        const client = new RegistryClient({ requestTimeoutMs: 5_000 });
        const outcome = await client.manifest({ registry: registry.host, repository: "app" }, "1");
        await client.close();
        assert.ok(!outcome.ok);
        assertWords(outcome.failure.message);
        assert.ok(["malformed", "denied", "missing"].includes(outcome.failure.kind), outcome.failure.message);
      },
    ),
    close: async () => (await started)?.stop(),
  };
}
