import type { LookupFunction } from "node:net";
import { classOfHostname, type Reach, reachFrom } from "./address-rules";

/**
 * Which hosts may be queried without verified TLS: loopback ones and those declared insecure, as Docker does
 * (moby `registry/config.go`, `isSecureIndex`). Every other host is queried over verified https only.
 */
export class HostRules {
  readonly #insecure: ReadonlySet<string>;

  /** @param insecureHosts `host[:port]`, in lower case */
  constructor(
    insecureHosts: readonly string[] = [],
    private readonly lookup?: LookupFunction,
  ) {
    this.#insecure = new Set(insecureHosts);
  }

  /** Whether this URL's host may be queried over plain http, and over https with an unverified certificate. */
  mayBeInsecure(url: URL): boolean {
    if (classOfHostname(url.hostname) === "loopback") return true;
    return this.#insecure.has(url.host) || this.#insecure.has(`${url.hostname}:${portOf(url)}`);
  }

  /** The addresses that the host of this URL may name in redirects and realms. */
  async reach(url: URL): Promise<Reach> {
    return this.mayBeInsecure(url) ? "loopback" : reachFrom(url.hostname, this.lookup);
  }
}

/** The port of an http or https URL, given or not. */
export function portOf({ port, protocol }: URL): string {
  return port !== "" ? port : protocol === "https:" ? "443" : "80";
}
