import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import type { FailureKind } from "../../policypack/common/outcome";
import { buildImage, pushImage, pushIndex } from "../registry/images";
import { sendJson, TestRegistry } from "../registry/registry";

/** The requests to a registry for an image behind an index and a login, in their order. */
export type Step = "token" | "index" | "manifest" | "config";

/** An answer that goes wrong; what the guard says of it. */
export interface Fault {
  readonly what: string;
  readonly break: (response: ServerResponse, socket: Socket) => unknown;
  /** Where each step says the same of it. */
  readonly kind: FailureKind;
  readonly words: RegExp;
}

const head = "HTTP/1.1 200 OK\r\n";
const page = "<!doctype html><title>Log in</title><form action=/login></form>";
const zeros = Buffer.alloc(5e7);

/** Sends a text again and again. */
function drip(socket: Socket, text: string): void {
  const next = () => {
    if (!socket.destroyed) socket.write(text, () => setTimeout(next, 20));
  };
  next();
}

/** Faults of a connection or of an answer's form, which break every step alike. */
export const everywhere: readonly Fault[] = [
  fault("reset", (_, s) => s.resetAndDestroy(), "unreachable", /broke the connection/),
  fault("hang", () => undefined, "timeout", /did not answer within \d+ s/),
  fault("hang in the headers", (_, s) => s.write(`${head}content-`), "timeout", /within \d+ s/),
  fault("hang in the body", (r) => r.writeHead(200).write("{"), "timeout", /within \d+ s/),
  fault("drip", (r, s) => { r.writeHead(200).flushHeaders(); drip(s, "1\r\n \r\n"); }, "timeout", /within \d+ s/),
  fault("truncated body", (_, s) => s.end(`${head}content-length: 999\r\n\r\n{`), "unreachable", /broke the connection/),
  fault("wrong length", (_, s) => s.end(`${head}content-length: 1\r\ncontent-length: 2\r\n\r\n{}`), "unreachable", /another length/),
  fault("no HTTP", (_, s) => s.end("220 mail ESMTP\r\n"), "malformed", /does not speak HTTP/),
  fault("101", (_, s) => s.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"), "unreachable", /broke the connection/),
  status(204, "malformed", /with HTTP 204/),
  status(304, "malformed", /with HTTP 304/),
  status(302, "malformed", /without a location \(HTTP 302\)/),
  status(502, "unreachable", /fails \(HTTP 502\)/),
  fault("redirects in a circle", (r) => r.writeHead(307, { location: r.req.url }).end(), "malformed", /redirects more than 5 times/),
  fault("an hour of Retry-After", (r) => r.writeHead(429, { "retry-after": "3600" }).end(), "throttled", /rate limiting requests \(HTTP 429\)/),
  fault("endless Retry-After", (r) => r.writeHead(429, { "retry-after": "1" }).end(), "throttled", /rate limiting requests \(HTTP 429\)/),
]; // prettier-ignore

/** Faults that only one step has, or of which each says something else. */
export const ofOneStep: readonly (Fault & { readonly step: Step })[] = [
  { step: "token", ...status(400, "denied", /gives no token without credentials \(HTTP 400\)/) },
  { step: "token", ...fault("page", (r) => r.end(page), "malformed", /a request for a token without one/) },
  { step: "token", ...fault("long token", (r) => r.end(zeros), "malformed", /more than 1048576 bytes/) },
  { step: "index", ...status(400, "malformed", /a request for a manifest with HTTP 400/) },
  { step: "index", ...status(404, "missing", /has no tag 1/) },
  { step: "index", ...status(403, "denied", /denies access/) },
  { step: "index", ...fault("page", (r) => r.end(page), "malformed", /something other than a manifest/) },
  { step: "index", ...fault("long body", (r) => r.end(zeros), "malformed", /more than 4194304 bytes/) },
  { step: "index", ...fault("bomb", (r) => r.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(zeros)), "malformed", /content encoding gzip/) },
  { step: "index", ...fault("wrong type", (r) => r.writeHead(200, { "content-type": "text/html" }).end("{}"), "malformed", /answered with a web page/) },
  { step: "manifest", ...fault("wrong digest", (r) => r.end("{}"), "malformed", /does not match its digest/) },
  { step: "manifest", ...status(404, "missing", /has no manifest sha256:/) },
  { step: "config", ...fault("wrong digest", (r) => r.end("{}"), "malformed", /does not match its digest/) },
  { step: "config", ...status(404, "missing", /has no blob sha256:/) },
]; // prettier-ignore

/** A registry that does everything right up to one step, where it always fails. */
export async function brokenAt(step: Step, { break: breakIt }: Fault): Promise<TestRegistry> {
  const registry = await TestRegistry.start({ access: { mode: "bearer" } });
  // Only the config of a mixed image, or of one without an index, is requested.
  const image = buildImage({ layers: step === "config" ? ["gzip", "zstd"] : ["gzip"], family: "docker" });
  if (step === "config") pushImage(registry, "app", "1", image);
  else pushIndex(registry, "app", "1", [image]);
  const paths: Record<Step, RegExp> = {
    token: /^\/token/,
    index: /\/manifests\/1\b/,
    manifest: /\/manifests\/sha256:/,
    config: /\/blobs\//,
  };
  registry.onRequest = ({ url = "", headers }, response) => {
    const { socket } = response;
    const challenged = step === "token" || headers.authorization !== undefined;
    if (socket === null || !challenged || !paths[step].test(url)) return false;
    breakIt(response, socket);
    return true;
  };
  return registry;
}

function fault(what: string, breakIt: Fault["break"], kind: FailureKind, words: RegExp): Fault {
  return { what, break: breakIt, kind, words };
}

function status(code: number, kind: FailureKind, words: RegExp): Fault {
  const answer: Fault["break"] = (response) => {
    if (code === 204 || code === 304 || code === 302) response.writeHead(code).end();
    else sendJson(response, code, {});
  };
  return fault(`status ${code}`, answer, kind, words);
}
