import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** One call of an AWS API. */
export interface AwsCall {
  /** `BatchGetImage`, `AssumeRole`, or the path of a REST call. */
  readonly operation: string;
  /** Of the key that signed the call; undefined if it is not signed. */
  readonly accessKeyId: string | undefined;
}

/** What IAM Identity Center gives for a sign-in that is cached. */
export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/**
 * Stands in front of moto, for `AWS_ENDPOINT_URL`: notes each call and whose key signed it. It answers for
 * what moto has not: IAM Identity Center (SSO), and the storage of ECR.
 */
export class RecordedAws {
  readonly calls: AwsCall[] = [];
  /** What ECR's storage has: digest → content. */
  readonly blobs = new Map<string, Uint8Array>();
  /** Access token of a sign-in → what it gives. */
  readonly signIns = new Map<string, RoleCredentials>();

  private constructor(
    private readonly server: Server,
    private readonly moto: string,
  ) {}

  /** @param moto its URL */
  static async start(moto: string): Promise<RecordedAws> {
    const server = createServer();
    const recorded = new RecordedAws(server, moto);
    server.on("request", (request, response) => {
      recorded.#answer(request, response).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return recorded;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "/", headers } = request;
    const body = await text(request);
    const { pathname } = new URL(url, this.url);
    const target = String(headers["x-amz-target"] ?? "")
      .split(".")
      .at(-1);
    this.calls.push({
      operation: target || new URLSearchParams(body).get("Action") || pathname,
      accessKeyId: /Credential=(\w+)\//.exec(headers.authorization ?? "")?.[1],
    });
    if (pathname === "/federation/credentials") {
      const roleCredentials = this.signIns.get(String(headers["x-amz-sso_bearer_token"]));
      if (roleCredentials === undefined)
        response
          .writeHead(401, { "x-amzn-errortype": "UnauthorizedException" })
          .end('{"message":"no such sign-in"}');
      else {
        const expiration = Date.now() + 3_600_000;
        response.end(JSON.stringify({ roleCredentials: { ...roleCredentials, expiration } }));
      }
      return;
    }
    if (target === "GetDownloadUrlForLayer") {
      const { layerDigest } = JSON.parse(body) as { layerDigest: string };
      response.end(JSON.stringify({ layerDigest, downloadUrl: `${this.url}/blobs/${layerDigest}` }));
      return;
    }
    const blob = this.blobs.get(pathname.replace("/blobs/", ""));
    if (blob !== undefined) {
      response.end(blob);
      return;
    }
    const forwarded = Object.entries(headers).filter(
      ([name]) => !["host", "connection", "content-length"].includes(name),
    );
    const answer = await fetch(new URL(url, this.moto), {
      method,
      headers: Object.fromEntries(forwarded.map(([name, value]) => [name, String(value)])),
      ...(method === "GET" ? {} : { body }),
    });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
    response.end(Buffer.from(await answer.arrayBuffer()));
  }
}
