import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server as NetServer, Socket } from "node:net";
import { sendContent } from "./ranges";
import { type Access, TokenService } from "./tokens";

export interface TestRegistryOptions {
  /** Milliseconds before every answer. */
  readonly latencyMs?: number;
  /** For all repositories that have no access of their own. Default: none. */
  readonly access?: Access;
  readonly perRepository?: Readonly<Record<string, Access>>;
  /** Serve TLS with this key and certificate (PEM). */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Default: 127.0.0.1. */
  readonly address?: string;
}

export interface LoggedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  /** The scheme of the Authorization field in lower case; undefined if there was none. */
  readonly authorization: string | undefined;
  /** Of the answer; undefined while there is none. */
  status: number | undefined;
}

interface Stored {
  readonly mediaType: string;
  readonly body: Buffer;
}

/** A small registry in this process, real on the wire: the pull side of the distribution API, with logins and faults. */
export class TestRegistry {
  latencyMs: number;
  access: Access;
  readonly perRepository: Map<string, Access>;
  /** Whether blobs are always sent whole, as some registries do. */
  ignoresRanges = false;
  /** Sees every request first; true means that it has answered (or broken) it. */
  onRequest: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  readonly log: LoggedRequest[] = [];
  /** Connections accepted so far. */
  connections = 0;
  /** `127.0.0.1:port`, as it stands in image names. */
  host = "";
  port = 0;

  readonly #server: NetServer;
  readonly #sockets = new Set<Socket>();
  readonly #manifests = new Map<string, Map<string, Stored>>();
  readonly #blobs = new Map<string, Map<string, Buffer>>();
  readonly #tokens = new TokenService();
  readonly #scheme: string;
  #gathering = 0;
  readonly #gathered: (() => void)[] = [];

  static async start(options: TestRegistryOptions = {}): Promise<TestRegistry> {
    const registry = new TestRegistry(options);
    await new Promise<void>((resolve, reject) => {
      registry.#server.once("error", reject);
      registry.#server.listen(0, options.address ?? "127.0.0.1", () => {
        resolve();
      });
    });
    const { address, family, port } = registry.#server.address() as AddressInfo;
    registry.host = family === "IPv6" ? `[${address}]:${port}` : `${address}:${port}`;
    registry.port = port;
    return registry;
  }

  private constructor(options: TestRegistryOptions) {
    this.latencyMs = options.latencyMs ?? 0;
    this.access = options.access ?? { mode: "none" };
    this.perRepository = new Map(Object.entries(options.perRepository ?? {}));
    const listener: RequestListener = (request, response) => {
      this.#receive(request, response);
    };
    this.#scheme = options.tls === undefined ? "http" : "https";
    this.#server = (options.tls === undefined ? createServer() : createTlsServer(options.tls)).on(
      "request",
      listener,
    );
    this.#server.on("connection", (socket: Socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => this.#sockets.delete(socket));
    });
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#sockets.size;
  }

  get url(): string {
    return `${this.#scheme}://${this.host}`;
  }

  /** Stores a manifest under its digest and, if there is one, a tag; gives the digest. */
  putManifest(
    repository: string,
    tag: string | undefined,
    mediaType: string,
    body: string | Uint8Array | object,
  ): string {
    const bytes = bytesOf(body);
    const manifests = this.#manifests.get(repository) ?? new Map<string, Stored>();
    this.#manifests.set(repository, manifests);
    const stored = { mediaType, body: bytes };
    for (const name of [digestOf(bytes), digestOf(bytes, "sha512"), ...(tag === undefined ? [] : [tag])])
      manifests.set(name, stored);
    return digestOf(bytes);
  }

  /** The descriptor of a stored manifest, as an index would hold it. */
  descriptorOf(repository: string, digest: string): { mediaType: string; digest: string; size: number } {
    const stored = this.#manifests.get(repository)?.get(digest);
    if (stored === undefined) throw new Error(`no manifest ${digest} in ${repository}`);
    return { mediaType: stored.mediaType, digest, size: stored.body.length };
  }

  /** Stores a blob; gives its digest. */
  putBlob(repository: string, body: string | Uint8Array | object): string {
    const bytes = bytesOf(body);
    const blobs = this.#blobs.get(repository) ?? new Map<string, Buffer>();
    this.#blobs.set(repository, blobs);
    blobs.set(digestOf(bytes), bytes);
    return digestOf(bytes);
  }

  /** The logged requests whose URL contains the text. */
  requestsTo(part: string): LoggedRequest[] {
    return this.log.filter(({ url }) => url.includes(part));
  }

  /** Makes every token given out so far one that the registry refuses. */
  revokeTokens(): void {
    this.#tokens.revoke();
  }

  /** Answers none of the next requests until so many have arrived: they must be sent side by side. */
  gather(requests: number): void {
    this.#gathering = requests;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const { method = "", url = "", headers } = request;
    const authorization = headers.authorization?.split(" ")[0]?.toLowerCase();
    const entry: LoggedRequest = { method, url, headers, authorization, status: undefined };
    this.log.push(entry);
    response.on("finish", () => {
      entry.status = response.statusCode;
    });
    request.resume();
    if (this.onRequest?.(request, response) === true) return;
    const answer = () => {
      this.#answer(request, response);
    };
    if (this.#gathering > 0) {
      this.#gathered.push(answer);
      if (this.#gathered.length < this.#gathering) return;
      this.#gathering = 0;
      for (const waiting of this.#gathered.splice(0)) waiting();
    } else if (this.latencyMs > 0) setTimeout(answer, this.latencyMs);
    else answer();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", this.url);
    const match = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(url.pathname);
    const [, repository = "", kind, reference = ""] = match ?? [];
    const access = this.perRepository.get(repository) ?? this.access;
    if (url.pathname === "/token") {
      const accessOf = (scoped: string) => this.perRepository.get(scoped) ?? this.access;
      this.#tokens.answer(url, request, response, accessOf);
    } else if (!this.#authorized(access, request, repository)) this.#challenge(access, response, repository);
    else if (url.pathname === "/v2/") sendJson(response, 200, {});
    else if (kind === undefined) sendError(response, 404, "UNSUPPORTED", "no such route");
    else if (kind === "manifests") this.#sendManifest(response, request.method, repository, reference);
    else this.#sendBlob(response, request, repository, reference);
  }

  #sendManifest(
    response: ServerResponse,
    method: string | undefined,
    repository: string,
    reference: string,
  ): void {
    const manifests = this.#manifests.get(repository);
    const stored = manifests?.get(reference);
    if (manifests === undefined)
      sendError(response, 404, "NAME_UNKNOWN", "repository name not known to registry");
    else if (stored === undefined) sendError(response, 404, "MANIFEST_UNKNOWN", "manifest unknown");
    else {
      const digest = reference.includes(":") ? reference : digestOf(stored.body);
      const length = stored.body.length;
      const fields = {
        "content-type": stored.mediaType,
        "docker-content-digest": digest,
        "content-length": length,
      };
      response.writeHead(200, fields).end(method === "HEAD" ? undefined : stored.body);
    }
  }

  #sendBlob(response: ServerResponse, request: IncomingMessage, repository: string, digest: string): void {
    const body = this.#blobs.get(repository)?.get(digest);
    if (body === undefined) sendError(response, 404, "BLOB_UNKNOWN", "blob unknown to registry");
    else sendContent(request, response, body, this.ignoresRanges);
  }

  #authorized(access: Access, request: IncomingMessage, repository: string): boolean {
    if (access.mode === "none") return true;
    const given = request.headers.authorization ?? "";
    if (access.mode === "bearer") return this.#tokens.accepts(given, repository);
    return given === `Basic ${Buffer.from(`${access.username}:${access.password}`).toString("base64")}`;
  }

  #challenge(access: Access, response: ServerResponse, repository: string): void {
    const realm = access.mode === "bearer" ? (access.realm ?? `${this.url}/token`) : "";
    const bearer = `Bearer realm="${realm}",service="test registry",scope="repository:${repository}:pull"`;
    response.setHeader("www-authenticate", access.mode === "basic" ? 'Basic realm="test registry"' : bearer);
    sendError(response, 401, "UNAUTHORIZED", "authentication required");
  }
}

function bytesOf(body: string | Uint8Array | object): Buffer {
  if (typeof body === "string") return Buffer.from(body, "utf8");
  return body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(JSON.stringify(body), "utf8");
}

export function digestOf(bytes: Uint8Array | string, algorithm = "sha256"): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

export function sendJson(response: ServerResponse, status: number, document: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(document));
}

export function sendError(response: ServerResponse, status: number, code: string, message: string): void {
  sendJson(response, status, { errors: [{ code, message }] });
}
