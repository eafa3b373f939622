import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { type Answer, Refusal, type Route } from "./route";
import { PolicyPacks } from "./policies";
import { Stacks } from "./stacks";

/**
 * A stand-in for the API of Pulumi Cloud on loopback: as much of it as the CLI needs to publish and configure policy packs
 * and to run stacks, in the shape of the CLI's own client (`pkg/backend/httpstate/client/client.go` and `sdk/go/common/apitype`
 * of pulumi 3.255). It knows one organization and one user, whose token it demands.
 */
export class PulumiCloud {
  readonly token = "pul-0123456789abcdef0123456789abcdef01234567";
  readonly policies: PolicyPacks;
  readonly stacks: Stacks;
  /** Requests that it has no answer for, `METHOD /path`: a gap of the stand-in. */
  readonly unknown: string[] = [];
  url = "";
  readonly #server: Server;

  private constructor(readonly organization: string) {
    this.policies = new PolicyPacks(organization, () => this.url);
    this.stacks = new Stacks(organization, this.policies);
    const routes = [...this.#user(), ...this.policies.routes(), ...this.stacks.routes()];
    this.#server = createServer((request, response) => {
      this.#answer(routes, request).then(
        ({ status = 200, body = {} }) => {
          response.statusCode = status;
          if (Buffer.isBuffer(body)) response.end(body);
          else response.setHeader("content-type", "application/json").end(JSON.stringify(body));
        },
        () => response.destroy(),
      );
    });
  }

  static async start(organization: string): Promise<PulumiCloud> {
    const cloud = new PulumiCloud(organization);
    await new Promise<void>((resolve, reject) => {
      cloud.#server.once("error", reject);
      cloud.#server.listen(0, "127.0.0.1", resolve);
    });
    const { port } = cloud.#server.address() as AddressInfo;
    cloud.url = `http://127.0.0.1:${port}`;
    return cloud;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #user(): Route[] {
    const user = { name: "Tester", githubLogin: "tester" };
    return [
      {
        method: "GET",
        path: /^\/api\/user$/,
        answer: () => ({ body: { ...user, organizations: [{ githubLogin: this.organization }] } }),
      },
      {
        method: "GET",
        path: /^\/api\/user\/organizations\/default$/,
        answer: () => ({ body: { gitHubLogin: this.organization } }),
      },
      { method: "GET", path: /^\/api\/capabilities$/, answer: () => ({ body: { capabilities: [] } }) },
    ];
  }

  async #answer(routes: readonly Route[], request: IncomingMessage): Promise<Answer> {
    const { method = "", url = "", headers } = request;
    const path = new URL(url, this.url).pathname;
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const sent = Buffer.concat(chunks);
    const body = headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent;
    const route = routes.find((known) => known.method === method && known.path.test(path));
    if (route === undefined) {
      this.unknown.push(`${method} ${path}`);
      return refused(404, "Not Found");
    }
    // Object storage takes signed addresses instead of tokens; an update has a token of its own.
    const tokens = [`token ${this.token}`, `update-token ${this.stacks.updateToken}`];
    if (path.startsWith("/api/") && !tokens.includes(headers.authorization ?? ""))
      return refused(401, "Unauthorized: No credentials provided or are invalid.");
    try {
      return route.answer(path.match(route.path)?.slice(1) ?? [], body, headers);
    } catch (error) {
      if (error instanceof Refusal) return refused(error.status, error.message);
      throw error;
    }
  }
}

function refused(status: number, message: string): Answer {
  return { status, body: { code: status, message } };
}
