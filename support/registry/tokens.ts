import type { IncomingMessage, ServerResponse } from "node:http";

export interface TokenSettings {
  /** Where the registry sends people for tokens. Default: its own `/token`. */
  readonly realm?: string;
  /** Needed to get a token; without it anybody gets one. */
  readonly login?: { readonly username: string; readonly password: string };
  /** A refresh token that is as good as the login. */
  readonly identityToken?: string;
  /** Seconds; undefined leaves `expires_in` out. */
  readonly expiresIn?: number;
  /**
   * What a request for several scopes gets. Default: "all" of those that the login may read. "all or none": nothing if the login may not
   * read one of them. "ignored": a token that is good for every repository.
   */
  readonly scopes?: "all" | "all or none" | "first" | "last" | "refused" | "ignored";
  /** Give JSON Web Tokens, whose `access` claim lists their access, or falsely none. Nobody signs them. */
  readonly jwt?: "true" | "false";
  /** Give the token as `access_token`. */
  readonly accessToken?: boolean;
}

/** Who may pull from a repository. */
export type Access =
  | { readonly mode: "none" }
  | { readonly mode: "basic"; readonly username: string; readonly password: string }
  | ({ readonly mode: "bearer" } & TokenSettings);

/** The token service of a test registry (distribution `spec/auth/token.md`). */
export class TokenService {
  readonly #given = new Map<string, { repositories: ReadonlySet<string> | "every"; until: number }>();
  #count = 0;

  /** @param accessOf who may pull from a repository, which is "" if the request names none */
  answer(
    url: URL,
    request: IncomingMessage,
    response: ServerResponse,
    accessOf: (repository: string) => Access,
  ): void {
    if (request.method !== "POST") {
      this.#give(url.searchParams, request, response, accessOf);
      return;
    }
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      this.#give(new URLSearchParams(body), request, response, accessOf);
    });
  }

  accepts(authorization: string, repository: string): boolean {
    const token = this.#given.get(authorization.replace(/^Bearer /, ""));
    if (token === undefined || token.until <= Date.now()) return false;
    return token.repositories === "every" || token.repositories.has(repository);
  }

  revoke(): void {
    this.#given.clear();
  }

  #give(
    form: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
    accessOf: (repository: string) => Access,
  ): void {
    response.setHeader("content-type", "application/json");
    const wanted = repositoriesIn(form);
    const access = accessOf(wanted[0] ?? "");
    const mayRead = (repository: string) => {
      const own = accessOf(repository);
      return own.mode === "bearer" && knows(own, form, request);
    };
    const readable = wanted.filter(mayRead);
    const { scopes = "all", expiresIn, accessToken, jwt } = access.mode === "bearer" ? access : {};
    const isRefused =
      access.mode !== "bearer" ||
      (wanted.length === 0 ? !mayRead("") : readable.length === 0) ||
      (scopes === "all or none" && readable.length < wanted.length) ||
      (scopes === "refused" && wanted.length > 1);
    if (isRefused) {
      response
        .writeHead(401)
        .end(JSON.stringify({ errors: [{ code: "UNAUTHORIZED", message: "incorrect login" }] }));
      return;
    }
    const granted = { first: wanted.slice(0, 1), last: wanted.slice(-1) }[scopes as string] ?? wanted;
    const repositories = granted.filter(mayRead);
    const claimed = jwt === "true" ? repositories : [];
    const claims = { access: claimed.map((name) => ({ type: "repository", name, actions: ["pull"] })) };
    const token = jwt === undefined ? `token-${++this.#count}` : unsigned({ ...claims, jti: ++this.#count });
    this.#given.set(token, {
      repositories: scopes === "ignored" ? "every" : new Set(repositories),
      until: Date.now() + (expiresIn ?? 60) * 1000,
    });
    const expiry = expiresIn === undefined ? {} : { expires_in: expiresIn };
    const named = accessToken === true ? { access_token: token } : { token };
    response.writeHead(200).end(JSON.stringify({ ...named, ...expiry }));
  }
}

/** As in a query, each in a parameter of its own, or as in a form, all in one (distribution `spec/auth/oauth.md`). */
function repositoriesIn(form: URLSearchParams): string[] {
  const scopes = form.getAll("scope").flatMap((scope) => scope.split(" "));
  return scopes.flatMap((scope) => /^repository:(.+):pull$/.exec(scope)?.[1] ?? []);
}

function unsigned(claims: object): string {
  const parts = [{ alg: "none" }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  return [...parts, "signature"].join(".");
}

function knows(settings: TokenSettings, form: URLSearchParams, request: IncomingMessage): boolean {
  const { login, identityToken } = settings;
  if (login === undefined && identityToken === undefined) return true;
  if (request.method === "POST")
    return form.get("grant_type") === "refresh_token" && form.get("refresh_token") === identityToken;
  const basic =
    login === undefined ? undefined : Buffer.from(`${login.username}:${login.password}`).toString("base64");
  return request.headers.authorization === `Basic ${basic ?? ""}`;
}
