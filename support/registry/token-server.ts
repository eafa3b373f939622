import { createPrivateKey, randomUUID, sign, X509Certificate } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A key and its certificate, PEM; the registry trusts tokens of this key. */
export interface Signer {
  readonly key: string;
  readonly cert: string;
}

export interface Grant {
  readonly repository: string;
  readonly actions: readonly string[];
  /** Seconds until the token ends. Default: 300. */
  readonly lifetime?: number;
}

export const tokenService = { service: "token test registry", issuer: "token test issuer" };

/** A token as distribution's registry demands it (distribution `spec/auth/jwt.md`), signed with ES256. */
export function signToken({ key, cert }: Signer, ...grants: readonly Grant[]): string {
  const now = Math.floor(Date.now() / 1000);
  const header = { typ: "JWT", alg: "ES256", x5c: [new X509Certificate(cert).raw.toString("base64")] };
  const lifetime = Math.min(...grants.map((grant) => grant.lifetime ?? 300));
  const access = grants
    .filter(({ actions }) => actions.length > 0)
    .map(({ repository, actions }) => ({ type: "repository", name: repository, actions }));
  const claims = {
    iss: tokenService.issuer,
    sub: "",
    aud: tokenService.service,
    exp: now + lifetime,
    nbf: now - 3600,
    iat: now - 3600,
    jti: randomUUID(),
    access,
  };
  const signed = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const signature = sign("sha256", Buffer.from(signed), {
    key: createPrivateKey(key),
    dsaEncoding: "ieee-p1363",
  });
  return `${signed}.${signature.toString("base64url")}`;
}

/** A token service on loopback; what it grants is the test's to say. */
export class TokenServer {
  /** What a user's name (undefined: nobody's) gets of a repository; undefined for a wrong login. */
  grant: (user: string | undefined, password: string, repository: string) => Grant | undefined = () =>
    undefined;
  /** The scopes of each request, with commas between them. */
  readonly scopes: string[] = [];
  url = "";
  readonly #server: Server;

  constructor(private readonly signer: Signer) {
    this.#server = createServer((request, response) => {
      const token = this.#token(request);
      response.writeHead(token === undefined ? 401 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(token === undefined ? { details: "incorrect login" } : { token }));
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, "127.0.0.1", () => {
        resolve();
      });
    });
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/token`;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #token(request: IncomingMessage): string | undefined {
    const scopes = new URL(request.url ?? "/", this.url).searchParams.getAll("scope");
    this.scopes.push(scopes.join());
    const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    const login = basic === undefined ? "" : Buffer.from(basic, "base64").toString("utf8");
    const [, user, password = ""] = /^([^:]+):(.*)$/s.exec(login) ?? [];
    const repositories = scopes.map((scope) => /^repository:(.+):pull$/.exec(scope)?.[1] ?? "");
    const grants = repositories.flatMap((repository) => this.grant(user, password, repository) ?? []);
    return grants.length === 0 ? undefined : signToken(this.signer, ...grants);
  }
}
