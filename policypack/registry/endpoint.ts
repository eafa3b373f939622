import { failure, type Outcome, success } from "../common/outcome";
import { type Clock, sleep } from "../common/concurrency";
import { limits } from "../common/limits";
import { anonymous, Authorization } from "./authorization";
import type { Authorized } from "./bearer-tokens";
import type { Host, Network, Scheme } from "./options";
import { follow } from "../http/redirects";
import { type HttpResponse, type SendResult, sendFailure } from "../http/messages";
import { Signal } from "../common/signal";

export interface PullRequest {
  /** Default: GET. */
  readonly method?: "HEAD";
  /** As the endpoint knows it: with a mirror's prefix. */
  readonly repository: string;
  /** What follows the repository in the URL: `manifests/<reference>`, `blobs/<digest>`. */
  readonly path: string;
  readonly accept?: string;
  readonly maxBytes: number;
  /** Only the first `maxBytes` are requested. */
  readonly startOnly?: boolean;
  readonly signal: Signal;
}

export interface Answer {
  readonly response: HttpResponse;
  readonly authorized: Authorized;
}

/** How many tokens may end, one after another, before their request is answered. */
const maximumLateTokens = 5;

/** One registry or mirror: knows its scheme and its challenge once it has answered, and pulls from it. */
export class Endpoint {
  readonly #authorization: Authorization;
  readonly #urls = new Map<Scheme, URL>();
  #scheme: Scheme | undefined;
  #first: Promise<void> | undefined;
  #told = false;

  constructor(
    readonly host: Host,
    private readonly network: Network,
  ) {
    this.#authorization = new Authorization(host, network);
  }

  /** Which login was used for a repository, or why none; undefined if none was required. */
  loginInWords(repository: string): string | undefined {
    return this.#authorization.loginInWords(repository);
  }

  /** A repository's name here: with a mirror's prefix. */
  path(repository: string): string {
    const { prefix } = this.host;
    return prefix === "" ? repository : `${prefix}/${repository}`;
  }

  /** A repository will be read soon, as the endpoint knows it. */
  expect(repository: string): void {
    this.#authorization.expect(repository);
  }

  /** Whether the registry or its token service limits the rate of requests, and answers those that it lets pass. */
  get isPacing(): boolean {
    const hosts = [this.host.authority, this.#authorization.realm?.host ?? this.host.authority];
    return hosts.some((host) => this.network.retries.isPacing(host));
  }

  /** The registry's response, of any status. A challenge is followed and a refused token is renewed, each once. */
  async get(request: PullRequest): Promise<Outcome<Answer>> {
    const answer = await this.#getByRecord(request);
    if (answer !== undefined) return success(answer);
    if (this.#first === undefined) {
      let open = () => {};
      this.#first = new Promise((resolve) => {
        open = () => {
          this.#told = true;
          resolve();
        };
      });
      try {
        return await this.#get(request, open);
      } finally {
        open();
      }
    }
    if (!this.#told) await waitFor(this.#first, request.signal, this.network.clock);
    return this.#get(request, () => undefined);
  }

  /**
   * The response to a request by the cached challenge of an earlier run, if it succeeds. Any other response may be the record's fault:
   * it is ignored, and the registry is queried as if there were no record.
   */
  async #getByRecord(request: PullRequest): Promise<Answer | undefined> {
    const { repository, signal } = request;
    const authorized = await this.#authorization.recalled(repository, this.#url(), signal);
    const [scheme] = this.host.schemes;
    if (authorized?.header === undefined || scheme === undefined) return undefined;
    const sent = await this.#sendBy(scheme, request, authorized.header, true);
    this.network.retries.note(this.host.authority, sent);
    this.#authorization.judge(authorized, sent);
    if (sent.ok && sent.response.status === 200) {
      this.#scheme ??= scheme;
      return { response: sent.response, authorized };
    }
    this.#authorization.doubt();
    return undefined;
  }

  async #get(request: PullRequest, learnt: () => void): Promise<Outcome<Answer>> {
    const { repository, signal } = request;
    let denial: Outcome<never> | undefined;
    const authorize = async (refused?: string): Promise<Outcome<Authorized>> => {
      const found = await this.#authorization.of(repository, this.#url(), signal, refused);
      if (found.ok || found.failure.kind !== "denied" || this.#authorization.isChallenged(repository))
        return found;
      // That is the token service of another repository's challenge: this one may have another, or need no token.
      denial = found;
      return success(anonymous);
    };
    let authorized = await authorize();
    let late = 0;
    for (let renewing = false; ;) {
      if (!authorized.ok) return authorized;
      const { header, usableUntil = Infinity } = authorized.value;
      const sent = await this.#send(request, header);
      const isLate = usableUntil <= this.network.clock.now();
      if (isLate && sent.ok && sent.response.status === 401) {
        // A token that ended while its request waited for its turn says nothing of what it was good for.
        if (++late > maximumLateTokens)
          return failure("timeout", `${this.host.name} gives tokens that end before it answers a request`);
        authorized = await authorize(header);
        continue;
      }
      if (this.#authorization.judge(authorized.value, sent)) {
        authorized = await authorize(header);
        continue;
      }
      if (!sent.ok) return { ok: false, failure: sent.failure };
      const answer = success({ response: sent.response, authorized: authorized.value });
      const challenged = sent.response.status === 401 && sent.response.url.origin === this.#url().origin;
      // A refused password is not tried again: that locks accounts.
      const settled = renewing || (header !== undefined && !header.startsWith("Bearer "));
      if (!challenged || settled) return answer;
      renewing = header !== undefined;
      const lesson = this.#authorization.learn(sent.response, repository, renewing || denial !== undefined);
      learnt();
      if (!lesson.ok) return lesson;
      if (denial !== undefined && lesson.value === "tried") return denial;
      authorized = await authorize(header);
      // A login is required and there is none: the response stands.
      if (authorized.ok && authorized.value.header === undefined)
        return success({ response: sent.response, authorized: authorized.value });
    }
  }

  /** The URL of the registry itself. Requests share it, so nobody may change it. */
  #url(): URL {
    const scheme = this.#scheme ?? this.host.schemes[0] ?? "https";
    let url = this.#urls.get(scheme);
    if (url === undefined) this.#urls.set(scheme, (url = new URL(`${scheme}://${this.host.authority}`)));
    return url;
  }

  #send(request: PullRequest, authorization: string | undefined): Promise<SendResult> {
    const { signal } = request;
    return this.network.retries.run(this.host.authority, signal, async () => {
      if (this.#scheme !== undefined) return this.#sendBy(this.#scheme, request, authorization);
      const tried: SendResult[] = [];
      for (const scheme of this.host.schemes) {
        const sent = await this.#sendBy(scheme, request, authorization);
        if (sent.ok && !requiresTls(sent.response, request.method)) {
          this.#scheme ??= scheme;
          return sent;
        }
        tried.push(sent);
        if (!sent.ok && (sent.retry === "final" || sent.retry === "late")) break;
      }
      // If neither scheme works, the error of plain http fits best: most such registries use it.
      const plain = this.host.schemes[0] === "http" ? tried[0] : tried.at(-1);
      return (
        plain ?? sendFailure("unsupported", `${this.host.name} has no scheme (https or http) to connect with`)
      );
    });
  }

  #sendBy(
    scheme: Scheme,
    request: PullRequest,
    authorization: string | undefined,
    byRecord = false,
  ): Promise<SendResult> {
    // A mirror's prefix may hold anything.
    const path = `${request.repository}/${request.path}`.replace(/[?#]/g, encodeURIComponent);
    const url = new URL(`${scheme}://${this.host.authority}/v2/${path}`);
    const { transport, rules } = this.network;
    const headers = {
      ...(request.accept === undefined ? {} : { accept: request.accept }),
      ...(authorization === undefined ? {} : { authorization }),
    };
    const { method = "GET", maxBytes, startOnly = false, signal } = request;
    const label = this.host.name;
    return follow(transport, rules, { method, url, headers, maxBytes, startOnly, byRecord, signal, label });
  }
}

/** A TLS server's response to plain http, as Go's and nginx's servers word it; a HEAD has no body. */
function requiresTls(response: HttpResponse, method: "HEAD" | undefined): boolean {
  if (response.status !== 400 || response.url.protocol !== "http:") return false;
  return (
    method === "HEAD" ||
    /HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port/i.test(
      Buffer.from(response.body).toString("latin1"),
    )
  );
}

async function waitFor(first: Promise<void>, signal: Signal, clock: Clock): Promise<void> {
  const stop = new Signal();
  const stopListening = signal.onAbort(() => {
    stop.abort();
  });
  await Promise.race([first, sleep(limits.firstRequestAloneMs, stop, clock)]);
  stopListening();
  stop.abort();
}
