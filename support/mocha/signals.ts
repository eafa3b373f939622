import { Signal } from "../../policypack/common/signal";

/** A signal that fires after so many milliseconds. */
export function signalAfter(ms: number): Signal {
  const signal = new Signal();
  setTimeout(() => {
    signal.abort();
  }, ms).unref();
  return signal;
}

/** A signal that has fired. */
export function firedSignal(): Signal {
  const signal = new Signal();
  signal.abort();
  return signal;
}
