import type { LookupFunction } from "node:net";
import { buildConnector, Client } from "undici";
import { classOfHostname, lookupWithin, type Reach } from "./address-rules";
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

export interface RouteOptions {
  readonly connectTimeoutMs: number;
  /** How host names become addresses. Default: as the system does it. */
  readonly lookup: LookupFunction | undefined;
}

/**
 * Finds the way to each origin. Proxies are taken from the environment, but never for loopback hosts. A host that someone else than the
 * user named is connected to only at addresses within reach; behind a proxy, the proxy looks up the name.
 */
export class Routes {
  readonly #connectors = new Map<string, buildConnector.connector>();

  constructor(
    private readonly rules: HostRules,
    private readonly options: RouteOptions,
  ) {}

  /** @throws ProxyError if the proxy's variable makes no sense */
  to(url: URL, reach: Reach | undefined): Route {
    const { origin, protocol, hostname } = url;
    const proxy = classOfHostname(hostname) === "loopback" ? undefined : proxyFor(url, process.env);
    if (proxy !== undefined && proxy.url === undefined) throw badProxy(proxy);
    const insecure = this.rules.mayBeInsecure(url);
    if (proxy === undefined)
      return {
        key: JSON.stringify([origin, insecure, reach]),
        open: () => new Client(origin, { connect: this.#connector(insecure, reach) }),
        proxy: undefined,
      };
    if (protocol === "http:")
      return {
        key: JSON.stringify([proxy.url.origin]),
        open: () => new Client(proxy.url.origin, { connect: this.#connector(false, undefined) }),
        proxy,
      };
    const { connectTimeoutMs: timeoutMs, lookup } = this.options;
    const connect = tunnelThrough(proxy, this.#connector(insecure, undefined), { timeoutMs, lookup });
    return {
      key: JSON.stringify([origin, insecure, proxy.url.href]),
      open: () => new Client(origin, { connect }),
      proxy: undefined,
    };
  }

  /** Connections share a connector, because it remembers TLS sessions. */
  #connector(insecure: boolean, reach: Reach | undefined): buildConnector.connector {
    const key = JSON.stringify([insecure, reach]);
    let connector = this.#connectors.get(key);
    if (connector === undefined) {
      connector = buildConnector({
        lookup: lookupWithin(reach, this.options.lookup),
        timeout: this.options.connectTimeoutMs,
        rejectUnauthorized: !insecure,
      });
      this.#connectors.set(key, connector);
    }
    return connector;
  }
}
