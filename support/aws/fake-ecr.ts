import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import { isRecord } from "../../policypack/common/values";

/** One request as it came over the wire. */
export interface Seen {
  /** The operation of a JSON API, or the path of a download. */
  readonly what: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
}

export type Handler = (seen: Seen, response: ServerResponse) => void;

/** A stand-in for the JSON APIs of ECR, ECS, Secrets Manager and STS, and the storage behind its presigned URLs, for answers that no real part gives on demand. */
export class FakeEcr {
  readonly seen: Seen[] = [];
  url = "";
  port = 0;
  readonly #scheme: "http" | "https";
  handle: Handler = (_seen, response) => response.writeHead(500).end();
  readonly #server: Server;

  /** @param tls serve TLS with this key and certificate (PEM) */
  constructor(tls?: { readonly key: string; readonly cert: string }) {
    const listener: RequestListener = (request, response) => {
      void this.#answer(request, response);
    };
    this.#server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
    this.#scheme = tls === undefined ? "http" : "https";
  }

  async start(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no loopback port");
    this.port = address.port;
    this.url = `${this.#scheme}://127.0.0.1:${address.port}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request as AsyncIterable<Uint8Array>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    // STS gets a form.
    const body: unknown = text.startsWith("{")
      ? JSON.parse(text)
      : Object.fromEntries(new URLSearchParams(text));
    const operation = String(request.headers["x-amz-target"] ?? request.url).replace(/^\w+\./, "");
    const seen = { what: operation, headers: request.headers, body: isRecord(body) ? body : {} };
    this.seen.push(seen);
    this.handle(seen, response);
  }
}

export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(body));
}

/** The exception that the JSON 1.1 protocol carries in a body's `__type`. */
export function exception(response: ServerResponse, status: number, type: string, message: string): void {
  json(response, { __type: type, message }, status);
}

export function sha256(content: string): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

/** The ids of a BatchGetImage call, tags and digests alike. */
export function idsOf(seen: Seen): string[] {
  const ids = seen.body["imageIds"];
  return (Array.isArray(ids) ? ids : []).flatMap((id: unknown) =>
    isRecord(id) ? [String(id["imageDigest"] ?? id["imageTag"])] : [],
  );
}

/** Sets the environment that the SDK reads for every test of the calling suite, and puts the old one back. */
export function useAwsEnvironment(variables: () => Record<string, string>): void {
  const names = Object.keys(process.env).filter((name) => name.startsWith("AWS_"));
  const old = new Map<string, string | undefined>();
  before(() => {
    const wanted: Record<string, string> = {
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      // No request may go to the environment's region.
      AWS_REGION: "ap-south-2",
      ...variables(),
    };
    for (const name of [...names, ...Object.keys(wanted)]) old.set(name, process.env[name]);
    for (const name of names) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, wanted);
  });
  after(() => {
    for (const [name, value] of old)
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
  });
}

export const dummyKeys = { AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY: "dummy-secret" };
