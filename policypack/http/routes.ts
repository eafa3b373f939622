import type { Agent } from "node:http";
import { connect, isIP, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { lookupWithin, type Reach, withoutBrackets } from "./address-rules";
import type { Connections } from "./connections";
import { type HostRules, portOf } from "./host-rules";
import { type Proxy, proxyFor } from "./proxy-env";
import { badProxy, tunnelThrough } from "./proxy-tunnel";

/** The way to an origin: directly, through a tunnel of a proxy (https), or by requests to the proxy itself (http). */
export interface Route {
  readonly agent: Agent;
  /** Given if the requests go to the proxy itself, with whole URLs (RFC 9112 §3.2.2). */
  readonly proxy: Proxy | undefined;
}

/** Starts a connection to one host; `over` a tunnel to it, if there is one. */
export type Connector = (over?: Socket) => Socket;

/** Connects to the host of a URL, with TLS for https. */
export function connectorTo(url: URL, lookup?: LookupFunction, rejectUnauthorized = true): Connector {
  const host = withoutBrackets(url.hostname);
  const to = { host, port: Number(portOf(url)), lookup, noDelay: true };
  if (url.protocol === "http:") return () => connect(to);
  const tls = { servername: isIP(host) === 0 ? host : "", rejectUnauthorized, ALPNProtocols: ["http/1.1"] };
  let session: Buffer | undefined;
  return (over) =>
    connectTls({ ...to, ...tls, session, ...(over && { socket: over }) }).on("session", (next: Buffer) => {
      session = next;
    });
}

/**
 * Finds the way to each origin, once. Proxies are taken from the environment. A host that someone else than the user named is
 * connected to only at addresses within reach; behind a proxy, the proxy looks up the name.
 */
export class Routes {
  readonly #found = new Map<string, Route>();

  constructor(
    private readonly rules: HostRules,
    private readonly connections: Connections,
    /** How long a proxy may take to open a tunnel. */
    private readonly tunnelTimeoutMs: number,
    /** How host names become addresses. Default: as the system does it. */
    private readonly lookup: LookupFunction | undefined,
  ) {}

  /** @throws ProxyError if the proxy's variable makes no sense */
  to(url: URL, reach: Reach | undefined): Route {
    const key = `${url.origin} ${reach ?? "anywhere"}`;
    let route = this.#found.get(key);
    if (route === undefined) this.#found.set(key, (route = this.#find(url, reach)));
    return route;
  }

  #find(url: URL, reach: Reach | undefined): Route {
    const { connections } = this;
    const proxy = proxyFor(url, process.env);
    const toServer = connectorTo(url, lookupWithin(reach, this.lookup), !this.rules.mayBeInsecure(url));
    if (proxy === undefined) return { agent: connections.agent(() => connections.count(toServer())), proxy };
    if (proxy.url === undefined) throw badProxy(proxy);
    const connector = connectorTo(proxy.url, lookupWithin(undefined, this.lookup));
    const toProxy = () => connections.count(connector());
    return url.protocol === "http:"
      ? { agent: connections.agent(toProxy), proxy }
      : {
          agent: connections.agent(tunnelThrough(proxy, toProxy, url, toServer, this.tunnelTimeoutMs)),
          proxy: undefined,
        };
  }
}
