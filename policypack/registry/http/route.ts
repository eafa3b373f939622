import type { LookupFunction } from "node:net";
import { buildConnector, Client, type Dispatcher } from "undici";
import { classOfHostname, lookupWithin, type Reach } from "./address";
import type { HostRules } from "./hosts";
import { type Proxy, proxyFor } from "./proxy";
import { badProxy, tunnelThrough } from "./tunnel";

/** The way to an origin: directly, through a tunnel of a proxy (https), or by asking the proxy itself (http). */
export interface Route {
  /** Requests with the same key may share a connection. */
  readonly key: string;
  readonly open: () => Dispatcher;
  /** Given where the proxy itself is asked, with whole URLs (RFC 9112 §3.2.2). */
  readonly asked: Proxy | undefined;
}

export interface RouteOptions {
  readonly connectTimeoutMs: number;
  /** How names become addresses. Default: as the system does it. */
  readonly lookup: LookupFunction | undefined;
}

/**
 * Finds the way to each origin. Proxies are taken from the environment, but never for loopback hosts. A host
 * that someone else than the user named is looked for only at addresses within reach; behind a proxy that is the proxy's affair, since
 * names are looked up there.
 *
 * HTTP/1.1 only. undici 7.30 speaks HTTP/2 too, but a body that the server breaks off (RST_STREAM) ends there like a whole one, a
 * graceful GOAWAY fails every request under way, and more streams are opened than the server allows until
 * its SETTINGS have come: tried with `node:http2` servers.
 */
export class Routes {
  readonly #connectors = new Map<string, buildConnector.connector>();

  constructor(
    private readonly rules: HostRules,
    private readonly options: RouteOptions,
  ) {}

  /** @throws ProxyError where the proxy's variable makes no sense */
  to(url: URL, reach: Reach | undefined): Route {
    const proxy = classOfHostname(url.hostname) === "loopback" ? undefined : proxyFor(url, process.env);
    if (proxy !== undefined && proxy.url === undefined) throw badProxy(proxy);
    const insecure = this.rules.mayBeInsecure(url);
    if (proxy === undefined) {
      const connect = this.#connector(insecure, reach);
      const key = JSON.stringify([url.origin, insecure, reach]);
      return { key, open: () => new Client(url.origin, { connect }), asked: undefined };
    }
    if (url.protocol === "http:") {
      const connect = this.#connector(false, undefined);
      const { origin } = proxy.url;
      return { key: JSON.stringify([origin]), open: () => new Client(origin, { connect }), asked: proxy };
    }
    const { connectTimeoutMs: timeoutMs, lookup } = this.options;
    const connect = tunnelThrough(proxy, this.#connector(insecure, undefined), { timeoutMs, lookup });
    const key = JSON.stringify([url.origin, insecure, proxy.url.href]);
    return { key, open: () => new Client(url.origin, { connect }), asked: undefined };
  }

  /** Shared by connections, because it remembers TLS sessions. */
  #connector(insecure: boolean, reach: Reach | undefined): buildConnector.connector {
    const key = JSON.stringify([insecure, reach]);
    let connector = this.#connectors.get(key);
    if (connector === undefined) {
      connector = buildConnector({
        lookup: lookupWithin(reach, this.options.lookup),
        timeout: this.options.connectTimeoutMs,
        ...(insecure ? { rejectUnauthorized: false } : {}),
      });
      this.#connectors.set(key, connector);
    }
    return connector;
  }
}
