import type { LookupFunction, Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { buildConnector as Connectors } from "undici";
import { classOfHostname, lookupWithin, type Reach } from "./address-rules";
import type { Channel } from "./connection-pool";
import { badProxy, buildConnector, Client, tlsConnector, tunnelThrough } from "./connectors";
import type { HostRules } from "./host-rules";
import { Http2Chosen } from "./http2-session";
import { type Proxy, proxyFor } from "./proxy-env";

/** The way to an origin: directly, through a tunnel of a proxy (https), or by asking the proxy itself (http). */
export interface Route {
  /** Requests with the same key may share a connection. */
  readonly key: string;
  readonly open: () => Channel;
  /** Given where the proxy itself is asked, with whole URLs (RFC 9112 §3.2.2). */
  readonly asked: Proxy | undefined;
}

export interface RouteOptions {
  readonly connectTimeoutMs: number;
  /** How names become addresses. Default: as the system does it. */
  readonly lookup: LookupFunction | undefined;
  /** Given each connection whose server chose HTTP/2, with the key of its route and the authority of its origin. */
  readonly onHttp2: (key: string, authority: string, socket: Socket) => void;
  /** Given the key of the route of each whose server did not. */
  readonly onHttp1: (key: string) => void;
}

/**
 * Finds the way to each origin. Proxies are taken from the environment, but never for loopback hosts. A host
 * that someone else than the user named is looked for only at addresses within reach; behind a proxy that is the proxy's affair, since
 * names are looked up there.
 *
 * Over TLS the server chooses between HTTP/2 and HTTP/1.1 (ALPN). undici 7.30 speaks HTTP/2 too, but a body that the server breaks
 * off (RST_STREAM) ends there like a whole one, a graceful GOAWAY fails every request under way, and more streams are opened than
 * the server allows until its SETTINGS have come: tried with `node:http2` servers. So undici has HTTP/1.1 only.
 */
export class Routes {
  readonly #connectors = new Map<string, Connectors.connector>();
  /** The keys of routes to servers that want HTTP/1.1, though they chose otherwise. */
  readonly #http1Only = new Set<string>();

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
      const key = JSON.stringify([url.origin, insecure, reach]);
      const connect = this.#connectorTo(url, key, insecure, reach);
      return { key, open: () => new Client(url.origin, { connect }), asked: undefined };
    }
    if (url.protocol === "http:") {
      const connect = this.#plain(undefined);
      const { origin } = proxy.url;
      return { key: JSON.stringify([origin]), open: () => new Client(origin, { connect }), asked: proxy };
    }
    const { connectTimeoutMs: timeoutMs, lookup } = this.options;
    const key = JSON.stringify([url.origin, insecure, proxy.url.href]);
    const secure = this.#secure(key, insecure, undefined);
    const connect = this.#watched(tunnelThrough(proxy, secure, { timeoutMs, lookup }), url, key);
    return { key, open: () => new Client(url.origin, { connect }), asked: undefined };
  }

  /** From now on no other protocol is offered on this route. */
  useHttp1(key: string): void {
    this.#http1Only.add(key);
  }

  #connectorTo(url: URL, key: string, insecure: boolean, reach: Reach | undefined): Connectors.connector {
    return url.protocol === "http:"
      ? this.#plain(reach)
      : this.#watched(this.#secure(key, insecure, reach), url, key);
  }

  /** For undici, which is told of a connection of HTTP/2 only that it is none of its own. */
  #watched(connect: Connectors.connector, url: URL, key: string): Connectors.connector {
    return (options, callback) => {
      connect(options, (...[error, socket]) => {
        if (error !== null) callback(error, null);
        else if (socket instanceof TLSSocket && socket.alpnProtocol === "h2") {
          this.options.onHttp2(key, url.host, socket);
          callback(new Http2Chosen(), null);
        } else {
          this.options.onHttp1(key);
          callback(null, socket);
        }
      });
    };
  }

  #plain(reach: Reach | undefined): Connectors.connector {
    return this.#shared(JSON.stringify([reach]), () =>
      buildConnector({
        lookup: lookupWithin(reach, this.options.lookup),
        timeout: this.options.connectTimeoutMs,
      }),
    );
  }

  #secure(key: string, insecure: boolean, reach: Reach | undefined): Connectors.connector {
    const protocols = this.#http1Only.has(key) ? (["http/1.1"] as const) : (["h2", "http/1.1"] as const);
    return this.#shared(JSON.stringify([insecure, reach, protocols]), () =>
      tlsConnector({
        lookup: lookupWithin(reach, this.options.lookup),
        timeoutMs: this.options.connectTimeoutMs,
        insecure,
        protocols,
      }),
    );
  }

  /** Shared by connections, because it remembers TLS sessions. */
  #shared(key: string, make: () => Connectors.connector): Connectors.connector {
    const connector = this.#connectors.get(key) ?? make();
    this.#connectors.set(key, connector);
    return connector;
  }
}
