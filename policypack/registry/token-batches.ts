/*
 * One token request for several repositories of a registry: a `scope` parameter for each, as the token specification allows
 * (https://distribution.github.io/distribution/spec/auth/token/).
 *
 * Services differ. Some grant every scope, some only the first, some refuse the request, some ignore scopes, and any may leave out what a
 * user may not read. So a shared token is only tried: if the registry does not answer it with what was requested, the repository gets a
 * token of its own (`Endpoint`), and that one decides. A wrong guess costs a request, never a verdict.
 */
import { type Clock, sleep, systemClock } from "../common/concurrency";
import { limits } from "../common/limits";
import { Memo } from "../common/memo";
import type { Outcome } from "../common/outcome";
import { isRecord } from "../common/values";
import { parseJson } from "./errors";
import type { Token } from "./token-client";
import type { TokenService } from "./token-service";
import { Signal } from "../common/signal";

/** Characters of them all as they stand in a URL: common servers refuse a request line of more than 8,190 bytes. */
const maximumScopesLength = 3_000;
/** How long a few repositories wait for others while another small request is under way (as in RFC 896, Nagle's algorithm). */
const gatheringMs = 50;
/** The same, whether it is answered or not, while a program still names images: nobody waits for their verdicts before its end. */
const namingMs = 500;

/** A token, and whether it was requested for other repositories too: then it may not be good for this one. */
export interface BatchedToken {
  readonly token: Token;
  readonly shared: boolean;
  /** Whether the scope of this repository was the first, which every service grants that grants any. */
  readonly first: boolean;
}

interface Batch {
  readonly repositories: string[];
  /** Of their scopes. */
  length: number;
  readonly leave: () => void;
  readonly left: Promise<void>;
  token?: Token;
}

interface BatchOptions {
  /** Whether a failed request is the answer to all its repositories: they get none of their own. */
  readonly isFinal?: boolean;
  /** Fires when the program has named all its images. Default: it has. */
  readonly named?: Signal | undefined;
  readonly clock?: Clock | undefined;
}

/** The token requests for repositories that are read with the same login from one registry. */
export class TokenBatches {
  #open: Batch | undefined;
  /** Batches that left with room for more a moment ago: others gather meanwhile. */
  #gathering = 0;
  readonly #expected = new Set<string>();
  readonly #batchOf = new Map<string, Batch>();
  readonly #requests = new Memo<Outcome<Token>>();
  readonly #isFinal: boolean;
  readonly #named: Signal | undefined;
  readonly #clock: Clock;

  constructor(
    private readonly service: TokenService,
    private readonly fetch: (scopes: readonly string[], signal: Signal) => Promise<Outcome<Token>>,
    { isFinal = false, named, clock = systemClock }: BatchOptions = {},
  ) {
    this.#isFinal = isFinal;
    this.#named = named;
    this.#clock = clock;
  }

  /** A repository that will need a token soon: its scope goes with others' if there is room. */
  expect(repository: string): void {
    if (!this.#batchOf.has(repository)) this.#expected.add(repository);
  }

  /**
   * The token for a repository.
   *
   * @returns undefined if the repository needs a request of its own
   */
  async get(repository: string, signal: Signal): Promise<Outcome<BatchedToken> | undefined> {
    let batch = this.#batchOf.get(repository);
    if (batch?.token !== undefined && batch.token.usableUntil <= this.#clock.now()) batch = undefined;
    batch ??= this.#join(repository);
    const outcome =
      batch.token === undefined
        ? await this.#send(batch, signal)
        : ({ ok: true, value: batch.token } as const);
    const { repositories } = batch;
    const shared = repositories.length > 1;
    if (!outcome.ok) {
      if (signal.aborted) return outcome;
      for (const one of repositories) if (this.#batchOf.get(one) === batch) this.#batchOf.delete(one);
      if (!shared || this.#isFinal) return outcome;
      this.service.assume("one");
      return undefined;
    }
    const token = (batch.token = outcome.value);
    const first = repositories[0] === repository;
    const granted = grantedIn(token.value);
    if (shared && granted !== undefined) {
      const count = repositories.filter((one) => granted.has(one)).length;
      if (this.service.support === undefined) this.service.assume(count > 1 ? "several" : "one");
      if (!granted.has(repository)) return undefined;
    } else if (!first && !(await this.service.mayTry(signal))) return undefined;
    return { ok: true, value: { token, shared, first } };
  }

  #join(repository: string): Batch {
    const length = encodeURIComponent(scopeOf(repository)).length;
    if (this.#open !== undefined && !hasRoom(this.#open, length)) this.#leave(this.#open);
    const batch = (this.#open ??= this.#start());
    this.#add(batch, repository, length);
    if (isFull(batch)) this.#leave(batch);
    return batch;
  }

  #add(batch: Batch, repository: string, length: number): void {
    batch.repositories.push(repository);
    batch.length += length;
    this.#batchOf.set(repository, batch);
    this.#expected.delete(repository);
  }

  #start(): Batch {
    let leave = () => {};
    const left = new Promise<void>((resolve) => (leave = resolve));
    const batch: Batch = { repositories: [], length: 0, leave, left };
    // All requests of one turn of the event loop form a batch.
    setImmediate(() => {
      if (this.#open === batch) this.#fill(batch);
    });
    return batch;
  }

  /** Takes the expected ones along. A batch that still has room waits while others gather. */
  #fill(batch: Batch): void {
    for (const repository of this.#expected) {
      const length = encodeURIComponent(scopeOf(repository)).length;
      if (!hasRoom(batch, length)) break;
      this.#add(batch, repository, length);
    }
    if (isFull(batch) || this.#gathering === 0) this.#leave(batch);
  }

  /** A batch left with room for more: for a while, repositories gather in the next one. */
  async #gather(answer: Promise<unknown>): Promise<void> {
    this.#gathering++;
    if (this.#named?.aborted === false) await sleep(namingMs, this.#named, this.#clock);
    else await sleep(gatheringMs, endOf(answer), this.#clock);
    if (--this.#gathering === 0 && this.#open !== undefined) this.#fill(this.#open);
  }

  #leave(batch: Batch): void {
    if (this.#open === batch) this.#open = undefined;
    batch.leave();
  }

  #send(batch: Batch, signal: Signal): Promise<Outcome<Token>> {
    // The first repository is in no other batch that is under way.
    const key = batch.repositories[0] ?? "";
    return this.#requests.run(key, signal, async (shared) => {
      const stopListening = shared.onAbort(() => {
        this.#leave(batch);
      });
      await batch.left;
      stopListening();
      const answer = this.fetch(batch.repositories.map(scopeOf), shared);
      if (!isFull(batch)) void this.#gather(answer);
      return answer;
    });
  }
}

/** Fires when work ends. */
function endOf(work: Promise<unknown>): Signal {
  const end = new Signal();
  const abort = () => {
    end.abort();
  };
  work.then(abort, abort);
  return end;
}

export function scopeOf(repository: string): string {
  return `repository:${repository}:pull`;
}

function isFull({ repositories }: Batch): boolean {
  return repositories.length === limits.scopesPerToken;
}

function hasRoom({ repositories, length }: Batch, more: number): boolean {
  return (
    repositories.length === 0 ||
    (repositories.length < limits.scopesPerToken && length + more <= maximumScopesLength)
  );
}

/**
 * The repositories that a JSON Web Token says it is good for: a hint, nobody checks its signature. Undefined if it does not say.
 * Source: https://distribution.github.io/distribution/spec/auth/jwt/
 */
export function grantedIn(token: string): ReadonlySet<string> | undefined {
  const [, payload, signature] = token.split(".");
  if (payload === undefined || signature === undefined) return undefined;
  const claims = parseJson(Buffer.from(payload, "base64url"));
  const access: unknown = isRecord(claims) ? claims["access"] : undefined;
  if (!Array.isArray(access)) return undefined;
  return new Set(
    access.filter(isRecord).flatMap(({ type, name, actions }) => {
      const canPull = Array.isArray(actions) && (actions.includes("pull") || actions.includes("*"));
      return type === "repository" && typeof name === "string" && canPull ? [name] : [];
    }),
  );
}
