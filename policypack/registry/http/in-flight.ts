import { failure, type Outcome } from "../../oci/failure";
import { whenAborted } from "./abort";
import { sleep } from "./retries";

interface Flight<T> {
  readonly outcome: Promise<Outcome<T>>;
  readonly abort: AbortController;
  waiting: number;
}

/**
 * Work that several ask for at the same time and that is done once. It goes on as long as one of them still waits, so
 * nobody's end of time takes the answer from the others.
 */
export class InFlight<T> {
  readonly #flights = new Map<string, Flight<T>>();

  async run(
    key: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    const flight = this.#flights.get(key) ?? this.#start(key, work);
    flight.waiting++;
    let stopListening = () => {};
    const ended = new Promise<undefined>((resolve) => {
      stopListening = whenAborted(signal, () => {
        resolve(undefined);
      });
    });
    const outcome = await Promise.race([flight.outcome, ended]);
    stopListening();
    flight.waiting--;
    if (outcome !== undefined) return outcome;
    if (flight.waiting === 0) {
      // A later asker must not join work that is being given up.
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
      flight.abort.abort();
    }
    // Work that is given up still says what it met (`throttled`, say), also to those whose time ended just before.
    const late = new AbortController();
    const grace = sleep(100, late.signal).then(() =>
      failure("timeout", "the time for this image ended before the registry answered"),
    );
    const last = await Promise.race([flight.outcome, grace]);
    late.abort();
    return last;
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<Outcome<T>>): Flight<T> {
    const abort = new AbortController();
    const outcome = work(abort.signal).finally(() => {
      if (this.#flights.get(key)?.abort === abort) this.#flights.delete(key);
    });
    const flight = { outcome, abort, waiting: 0 };
    this.#flights.set(key, flight);
    return flight;
  }
}
