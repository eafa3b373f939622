import dns from "node:dns";
import { isIP } from "node:net";

/**
 * Lets names resolve to an address for every test of the calling suite, so that real host names can be played on
 * loopback; every other name is unknown. No proxy stands in between.
 */
export function useNames(address: (hostname: string) => string | undefined): void {
  const { lookup } = dns;
  const noProxy = process.env["NO_PROXY"];
  before(() => {
    process.env["NO_PROXY"] = "*";
    const played = (hostname: string, ...rest: unknown[]) => {
      const callback = rest.at(-1);
      if (typeof callback !== "function") throw new TypeError("a lookup ends with a callback");
      // Addresses and this machine's own name need no playing.
      const found =
        isIP(hostname) !== 0 ? hostname : hostname === "localhost" ? "127.0.0.1" : address(hostname);
      const [options] = rest;
      const all = typeof options === "object" && options !== null && "all" in options && options.all === true;
      const unknown = Object.assign(new Error(`${hostname} is not played`), { code: "ENOTFOUND" });
      process.nextTick(() => {
        if (found === undefined) Reflect.apply(callback, undefined, [unknown]);
        else if (all) Reflect.apply(callback, undefined, [null, [{ address: found, family: 4 }]]);
        else Reflect.apply(callback, undefined, [null, found, 4]);
      });
    };
    Object.defineProperty(dns, "lookup", { value: played, configurable: true, writable: true });
  });
  after(() => {
    Object.defineProperty(dns, "lookup", { value: lookup, configurable: true, writable: true });
    if (noProxy === undefined) Reflect.deleteProperty(process.env, "NO_PROXY");
    else process.env["NO_PROXY"] = noProxy;
  });
}
