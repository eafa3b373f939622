import { whenAborted } from "../http/abort";

/** The SDK looks at a signal only while a request is under way, not while credentials are fetched. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(Object.assign(new Error("aborted"), { name: "AbortError" }));
    };
    const stopListening = whenAborted(signal, abort);
    work.then(resolve, reject).finally(stopListening);
  });
}
