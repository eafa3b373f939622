import type { IncomingMessage, ServerResponse } from "node:http";
import type { Access } from "./registry";

export interface TokenSettings {
  /** Where the registry sends people for tokens. Default: its own `/token`. */
  readonly realm?: string;
  /** Needed to get a token; without it anybody gets one. */
  readonly login?: { readonly username: string; readonly password: string };
  /** A refresh token that is as good as the login. */
  readonly identityToken?: string;
  /** Seconds; undefined leaves `expires_in` out. */
  readonly expiresIn?: number;
  /** Give the token as `access_token`. */
  readonly accessToken?: boolean;
}

/** The token service of a test registry (distribution `spec/auth/token.md`). */
export class TokenService {
  readonly #given = new Map<string, { scope: string; until: number }>();
  #count = 0;

  answer(url: URL, request: IncomingMessage, response: ServerResponse, access: Access): void {
    if (request.method !== "POST") {
      this.#give(url.searchParams, request, response, access);
      return;
    }
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      this.#give(new URLSearchParams(body), request, response, access);
    });
  }

  accepts(authorization: string, repository: string): boolean {
    const token = this.#given.get(authorization.replace(/^Bearer /, ""));
    return token?.scope === `repository:${repository}:pull` && token.until > Date.now();
  }

  revoke(): void {
    this.#given.clear();
  }

  #give(form: URLSearchParams, request: IncomingMessage, response: ServerResponse, access: Access): void {
    response.setHeader("content-type", "application/json");
    if (access.mode !== "bearer" || !knows(access, form, request)) {
      response
        .writeHead(401)
        .end(JSON.stringify({ errors: [{ code: "UNAUTHORIZED", message: "incorrect login" }] }));
      return;
    }
    const token = `token-${++this.#count}`;
    const seconds = access.expiresIn ?? 60;
    this.#given.set(token, { scope: form.get("scope") ?? "", until: Date.now() + seconds * 1000 });
    const expiry = access.expiresIn === undefined ? {} : { expires_in: access.expiresIn };
    const named = access.accessToken === true ? { access_token: token } : { token };
    response.writeHead(200).end(JSON.stringify({ ...named, ...expiry }));
  }
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
