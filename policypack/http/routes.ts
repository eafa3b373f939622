import { setMaxListeners } from "node:events";
import type { LookupFunction } from "node:net";
import { buildConnector, Client } from "undici";
import { lookupWithin, type Reach } from "./address-rules";
import type { HostRules } from "./host-rules";
import { type Proxy, proxyFor } from "./proxy-env";
import { badProxy, tunnelThrough } from "./proxy-tunnel";

/** The way to an origin: directly, through a tunnel of a proxy (https), or by requests to the proxy itself (http). */
export interface Route {
  /** Requests with the same key may share a connection. */
  readonly key: string;
  readonly open: () => Client;
  /** Given if the requests go to the proxy itself, with whole URLs (RFC 9112 §3.2.2). */
  readonly proxy: Proxy | undefined;
}

/**
 * Finds the way to each origin, once. Proxies are taken from the environment. A host that someone else than the user named is
 * connected to only at addresses within reach; behind a proxy, the proxy looks up the name.
 */
export class Routes {
  readonly #found = new Map<string, Route>();
  readonly #making = new AbortController();
  readonly #toProxy: buildConnector.connector;

  constructor(
    private readonly rules: HostRules,
    private readonly connectTimeoutMs: number,
    /** How host names become addresses. Default: as the system does it. */
    private readonly lookup: LookupFunction | undefined,
  ) {
    setMaxListeners(0, this.#making.signal);
    this.#toProxy = buildConnector({
      lookup: lookupWithin(undefined, lookup),
      timeout: connectTimeoutMs,
      signal: this.#making.signal,
    });
  }

  /** @throws ProxyError if the proxy's variable makes no sense */
  to(url: URL, reach: Reach | undefined): Route {
    const key = `${url.origin} ${reach ?? "anywhere"}`;
    let route = this.#found.get(key);
    if (route === undefined) this.#found.set(key, (route = this.#find(key, url, reach)));
    return route;
  }

  /** Ends the connections that are being made. Each one that is still open costs an error with its stack: those are closed before. */
  close(): void {
    this.#making.abort(new Error("the client is closed"));
  }

  #find(key: string, url: URL, reach: Reach | undefined): Route {
    const proxy = proxyFor(url, process.env);
    if (proxy !== undefined && proxy.url === undefined) throw badProxy(proxy);
    if (proxy !== undefined && url.protocol === "http:") {
      const { origin } = proxy.url;
      return { key: origin, open: () => new Client(origin, { connect: this.#toProxy }), proxy };
    }
    const { connectTimeoutMs: timeout, lookup } = this;
    // One for all connections of a route, because it remembers TLS sessions.
    const connector = buildConnector({
      lookup: lookupWithin(reach, lookup),
      timeout,
      signal: this.#making.signal,
      rejectUnauthorized: !this.rules.mayBeInsecure(url),
    });
    const connect = proxy === undefined ? connector : tunnelThrough(proxy, this.#toProxy, connector, timeout);
    return { key, open: () => new Client(url.origin, { connect }), proxy: undefined };
  }
}
