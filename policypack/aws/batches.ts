import { limits } from "../common/limits";
import { failure, type Outcome } from "../common/outcome";
import { type Clock, systemClock } from "../common/concurrency";
import { Signal } from "../common/signal";

/** How long lookups wait for others to share a call with; milliseconds. */
export interface Gathering {
  /** They leave when no other came for this long. */
  readonly quietMs: number;
  /** They leave at the latest this long after the first. */
  readonly longestMs: number;
  /** When it fires, nobody else is to come: who waits leaves, and who comes later waits by the defaults. */
  readonly until?: Signal;
}

/** Milliseconds. The answers of one call start further lookups at once. */
const defaultGathering: Gathering = { quietMs: 5, longestMs: 50 };

/** Answers every id, and never rejects. */
type Send<T> = (ids: readonly string[], signal: Signal) => Promise<ReadonlyMap<string, Outcome<T>>>;

/** Lookups of one repository: those made at about the same time share a call, identical ones are one. */
export class BatchedLookup<T> {
  readonly #send: Send<T>;
  readonly #gathering: Gathering;
  /** Sent and not yet answered. */
  readonly #asked = new Map<string, { batch: Batch<T>; answer: Promise<Outcome<T>> }>();
  #open: Batch<T> | undefined;

  constructor(
    send: Send<T>,
    gathering: Gathering = defaultGathering,
    private readonly clock: Clock = systemClock,
  ) {
    this.#send = send;
    this.#gathering = gathering;
    gathering.until?.onAbort(() => this.#open?.leave());
  }

  /** Never rejects. A lookup whose time is over ends alone; the call is aborted when nobody waits for it any more. */
  ask(id: string, signal?: Signal): Promise<Outcome<T>> {
    if (signal?.aborted) return Promise.resolve(timeIsOver());
    const { batch, answer } = this.#asked.get(id) ?? this.#add(id);
    return batch.wait(answer, signal);
  }

  /** A call that was sent for this id serves no later caller. */
  forget(id: string): void {
    if (this.#asked.get(id)?.batch !== this.#open) this.#asked.delete(id);
  }

  #current(): Gathering {
    return this.#gathering.until?.aborted ? defaultGathering : this.#gathering;
  }

  #add(id: string): { batch: Batch<T>; answer: Promise<Outcome<T>> } {
    const batch = (this.#open ??= new Batch(this.#send, this.#current(), this.clock, (left) => {
      if (this.#open === left) this.#open = undefined;
    }));
    const answer = batch.add(id).finally(() => {
      if (this.#asked.get(id)?.batch === batch) this.#asked.delete(id);
    });
    const question = { batch, answer };
    this.#asked.set(id, question);
    if (batch.size === limits.ecrImagesPerCall) batch.leave();
    // Nobody waits for it any more: a new lookup must get an answer of its own.
    batch.signal.onAbort(() => {
      if (this.#asked.get(id) === question) this.#asked.delete(id);
    });
    return question;
  }
}

class Batch<T> {
  readonly #ids = new Set<string>();
  readonly signal = new Signal();
  readonly #send: Send<T>;
  readonly #quietMs: number;
  readonly #onLeave: (batch: Batch<T>) => void;
  readonly #answers: Promise<ReadonlyMap<string, Outcome<T>>>;
  #depart: (answers: Promise<ReadonlyMap<string, Outcome<T>>>) => void = () => undefined;
  #waiting = 0;
  #left = false;
  #stopQuiet = () => {};
  readonly #stopLongest: () => void;

  constructor(
    send: Send<T>,
    gathering: Gathering,
    private readonly clock: Clock,
    onLeave: (batch: Batch<T>) => void,
  ) {
    this.#send = send;
    this.#quietMs = gathering.quietMs;
    this.#onLeave = onLeave;
    this.#answers = new Promise((resolve) => (this.#depart = resolve));
    this.#stopLongest = clock.after(gathering.longestMs, () => {
      this.leave();
    });
  }

  get size(): number {
    return this.#ids.size;
  }

  async add(id: string): Promise<Outcome<T>> {
    this.#ids.add(id);
    this.#stopQuiet();
    this.#stopQuiet = this.clock.after(this.#quietMs, () => {
      this.leave();
    });
    return (await this.#answers).get(id) ?? failure("malformed", `ECR's answer says nothing of ${id}`);
  }

  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#stopQuiet();
    this.#stopLongest();
    this.#onLeave(this);
    // A batch that everybody left before it was sent costs no call.
    this.#depart(
      this.signal.aborted
        ? Promise.resolve(new Map([...this.#ids].map((id) => [id, timeIsOver()] as const)))
        : this.#send([...this.#ids], this.signal),
    );
  }

  wait(answer: Promise<Outcome<T>>, signal: Signal | undefined): Promise<Outcome<T>> {
    this.#waiting++;
    if (signal === undefined) return answer;
    return new Promise((resolve) => {
      const giveUp = (): void => {
        resolve(timeIsOver());
        if (--this.#waiting > 0) return;
        this.signal.abort();
        this.leave();
      };
      const stopListening = signal.onAbort(giveUp);
      void answer.then((outcome) => {
        stopListening();
        resolve(outcome);
      });
    });
  }
}

/** The failure of a lookup whose signal fired. */
export function timeIsOver(): Outcome<never> {
  return failure("timeout", "ECR did not answer in time");
}
