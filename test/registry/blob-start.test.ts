import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import type { FailureKind } from "../../policypack/common/outcome";
import { digestOf, type TestRegistry } from "../../support/registry/registry";
import { assertFails, at, bench, valueOf } from "../../support/registry/client";

const digest = digestOf("it");
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

describe("the start of a blob", () => {
  const { start, connect } = bench();

  async function answering(answer: (response: ServerResponse) => unknown): Promise<TestRegistry> {
    const registry = await start();
    registry.onRequest = (_, response) => {
      answer(response);
      return true;
    };
    return registry;
  }

  for (const ignoresRanges of [false, true])
    it(`comes from a registry that ${ignoresRanges ? "ignores" : "knows"} ranges, of any length`, async () => {
      const registry = await start({ access: { mode: "bearer" } });
      registry.ignoresRanges = ignoresRanges;
      for (const [content, expected] of [
        ["0123456789", "0123"],
        ["0123", "0123"],
        ["01", "01"],
        ["", ""],
      ] as const) {
        const blob = registry.putBlob("app", content);
        assert.equal(text(valueOf(await connect().blobStart(at(registry), blob, 4))), expected, content);
      }
      assert.equal(registry.log.at(-1)?.headers.range, "bytes=0-3");
    });

  it("of 100 MB that ignore the range costs little, and the client goes on", async () => {
    const registry = await start();
    const small = registry.putBlob("app", "small");
    const [total, chunk] = [100e6, Buffer.alloc(65_536, "x")];
    let [sent, ended] = [0, false];
    registry.onRequest = (request, response) => {
      if (request.url!.endsWith(small)) return false;
      response.writeHead(200, { "content-length": total }).on("close", () => (ended = true));
      // As much as the connection takes: the next chunk waits until the one before is on its way.
      const more = (): unknown =>
        sent < total && !ended && response.write(chunk, () => ((sent += chunk.length), more()));
      more();
      return true;
    };
    const client = connect();
    assert.equal(text(valueOf(await client.blobStart(at(registry), digest, 4))), "xxxx");
    assert.equal(text(valueOf(await client.blob(at(registry), small, 10))), "small");
    assert.ok(ended);
    // What the buffers of both ends' sockets hold is on its way before anyone can stop it.
    assert.ok(sent < 10e6, `${sent} bytes`);
  });

  it("is followed to storage, with the range and without the login", async () => {
    const storage = await start();
    const blob = storage.putBlob("app", "0123456789");
    const login = { username: "u", password: "p" };
    const registry = await start({ access: { mode: "basic", ...login } });
    registry.onRequest = (request, response) => {
      if (request.headers.authorization === undefined) return false;
      response.writeHead(307, { location: `${storage.url}${request.url}?X-Signature=s` }).end();
      return true;
    };
    for (const ignoresRanges of [false, true]) {
      storage.ignoresRanges = ignoresRanges;
      const client = connect({ credentials: () => Promise.resolve(login) });
      assert.equal(text(valueOf(await client.blobStart(at(registry), blob, 4))), "0123");
      const { authorization, range } = storage.log.at(-1)!.headers;
      assert.deepEqual([authorization, range], [undefined, "bytes=0-3"]);
    }
  });

  it("is not requested from an internal address that the registry redirects to", async () => {
    const registry = await answering((r) => r.writeHead(307, { location: "http://169.254.169.254/" }).end());
    assertFails(await connect().blobStart(at(registry), digest, 4), "unsupported", /169\.254\.169\.254/);
  });

  const parts: readonly (readonly [string, Record<string, string>, string, string | RegExp])[] = [
    ["a total that is unknown", { "content-range": "bytes 0-3/*" }, "0123", "0123"],
    ["less than asked", { "content-range": "bytes 0-1/9" }, "01", "01"],
    ["more than asked", { "content-range": "bytes 0-8/9" }, "012345678", "0123"],
    ["no Content-Range", {}, "0123", /without saying which/],
    ["a multipart answer", { "content-type": "multipart/byteranges" }, "0123", /without saying which/],
    ["another unit", { "content-range": "lines 0-3/9" }, "0123", /without saying which/],
    ["another part", { "content-range": "bytes 4-7/9" }, "4567", /another part/],
    ["another length", { "content-range": "bytes 0-3/9" }, "01", /another length/],
    [
      "an encoding",
      { "content-range": "bytes 0-3/9", "content-encoding": "gzip" },
      "0123",
      /content encoding gzip/,
    ],
  ];
  for (const [what, fields, body, expected] of parts)
    it(`may come as a part with ${what}`, async () => {
      const registry = await answering((r) => r.writeHead(206, fields).end(body));
      const outcome = await connect().blobStart(at(registry), digest, 4);
      if (typeof expected === "string") assert.equal(text(valueOf(outcome)), expected);
      else assertFails(outcome, "malformed", expected);
    });

  const refusals: readonly (readonly [number, Record<string, string>, FailureKind, RegExp])[] = [
    [416, { "content-range": "bytes */9" }, "malformed", /HTTP 416/],
    [404, {}, "missing", /has no blob/],
    [403, {}, "denied", /HTTP 403/],
    [204, {}, "malformed", /HTTP 204/],
  ];
  for (const [status, fields, kind, words] of refusals)
    it(`is ${kind} if the registry answers ${status}`, async () => {
      const registry = await answering((r) => r.writeHead(status, fields).end());
      assertFails(await connect().blobStart(at(registry), digest, 4), kind, words);
    });

  it("is empty if the answer is 416 without a length", async () => {
    const registry = await answering((r) => r.writeHead(416).end());
    assert.equal(valueOf(await connect().blobStart(at(registry), digest, 4)).length, 0);
  });

  it("is not requested without a valid digest", async () => {
    const registry = await start();
    assertFails(await connect().blobStart(at(registry), "latest", 4), "invalid-reference", /latest/);
    assert.equal(registry.log.length, 0);
  });
});
