import { type IncomingMessage, request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import { createRequire } from "node:module";
import { isIP, type LookupFunction, type Socket } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import type * as Undici from "undici";
import type { Breakdown } from "./messages";
import type { BadProxy, Proxy } from "./proxy-env";
import { ProxyError } from "./errors";

export function badProxy({ variable }: BadProxy): ProxyError {
  const advice = "write it as http://host:port";
  return new ProxyError(`of ${variable}`, `is not the URL of an http or https proxy; ${advice}`, "final");
}

export function unreachableProxy(proxy: Proxy, cause: unknown): ProxyError {
  return new ProxyError(nameOf(proxy), "could not be reached", "final", cause);
}

/** Why a proxy does not do what it is asked for, from the status of its answer. */
export function proxyRefusal(proxy: Proxy, status: number): ProxyError {
  const { variable, authorization } = proxy;
  const http = `HTTP ${status}`;
  const say = (words: string, breakdown: Breakdown) => new ProxyError(nameOf(proxy), words, breakdown);
  if (status === 407)
    return authorization === undefined
      ? say(`wants a login (${http}); put it into ${variable}, as http://user:password@host:port`, "final")
      : say(`does not accept the login in ${variable} (${http}); check user name and password`, "final");
  if (status === 429 || status >= 500) return say(`cannot reach it (${http}); try later`, "transient");
  // Many let tunnels lead to port 443 only; a plain request may still pass.
  return say(`refuses to lead there (${http}); have it allowed, or name the host in NO_PROXY`, "refused");
}

function nameOf({ name, variable }: Proxy): string {
  return `${name} (${variable})`;
}

export interface TunnelOptions {
  readonly timeoutMs: number;
  readonly lookup: LookupFunction | undefined;
}

/** Connects to https servers through a tunnel of the proxy (CONNECT, RFC 9110 §9.3.6); `connect` makes TLS of it. */
export function tunnelThrough(
  proxy: Proxy,
  connect: Undici.buildConnector.connector,
  { timeoutMs, lookup }: TunnelOptions,
): Undici.buildConnector.connector {
  return (options, callback) => {
    const port = options.port === "" ? "443" : options.port;
    const target = `${options.hostname.includes(":") ? `[${options.hostname}]` : options.hostname}:${port}`;
    const request = (proxy.url.protocol === "https:" ? secureRequest : plainRequest)({
      method: "CONNECT",
      host: proxy.url.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: proxy.url.port,
      path: target,
      headers: {
        host: target,
        ...(proxy.authorization === undefined ? {} : { "proxy-authorization": proxy.authorization }),
      },
      agent: false,
      timeout: timeoutMs,
      ...(lookup === undefined ? {} : { lookup }),
    });
    // Whoever waits for the answer keeps the process alive; a tunnel that nobody wants any more does not.
    request.once("socket", (socket) => socket.unref());
    request.once("timeout", () => {
      request.destroy(Object.assign(new Error("the proxy is late"), { code: "ETIMEDOUT" }));
    });
    request.once("error", (error) => {
      callback(unreachableProxy(proxy, error), null);
    });
    request.once("connect", ({ statusCode = 0 }: IncomingMessage, socket: Socket) => {
      if (statusCode >= 200 && statusCode < 300) {
        socket.setTimeout(0);
        connect({ ...options, httpSocket: socket }, callback);
      } else {
        socket.on("error", () => undefined).destroy();
        callback(proxyRefusal(proxy, statusCode), null);
      }
    });
    request.end();
  };
}

export interface TlsOptions {
  readonly lookup: LookupFunction;
  readonly timeoutMs: number;
  /** Takes certificates that prove nothing. */
  readonly insecure: boolean;
  /** To offer (ALPN, RFC 7301), the preferred one first. */
  readonly protocols: readonly ("h2" | "http/1.1")[];
}

/** To as many hosts connections are made shorter by what is remembered of their last one. */
const maximumRemembered = 100;

/** Connects by TLS, as undici's own connector does, which does not let its protocols be chosen. It remembers TLS sessions. */
export function tlsConnector({
  lookup,
  timeoutMs,
  insecure,
  protocols,
}: TlsOptions): Undici.buildConnector.connector {
  const remembered = new Map<string, Buffer>();
  return ({ hostname, port, httpSocket }, callback) => {
    const key = `${hostname}:${port}`;
    const session = remembered.get(key);
    const socket: TLSSocket = connect({
      host: hostname,
      port: port === "" ? 443 : Number(port),
      servername: isIP(hostname) === 0 ? hostname : "",
      lookup,
      ALPNProtocols: [...protocols],
      rejectUnauthorized: !insecure,
      ...(session === undefined ? {} : { session }),
      ...(httpSocket === undefined ? {} : { socket: httpSocket }),
    });
    const timer = setTimeout(() => {
      socket.destroy(new errors.ConnectTimeoutError());
    }, timeoutMs);
    let settled = false;
    socket.setKeepAlive(true, 60_000).setNoDelay(true);
    socket.on("session", (ticket) => {
      remembered.delete(key);
      remembered.set(key, ticket);
      const [oldest] = remembered.keys();
      if (remembered.size > maximumRemembered && oldest !== undefined) remembered.delete(oldest);
    });
    socket.once("secureConnect", () => {
      clearTimeout(timer);
      settled = true;
      callback(null, socket);
    });
    // Stays for good: what comes later is for whoever uses the socket.
    socket.on("error", (error: Error) => {
      clearTimeout(timer);
      if (!settled) callback(error, null);
      settled = true;
    });
  };
}

/** What we use of the HTTP library. */
type Parts = Pick<typeof Undici, "buildConnector" | "Client" | "errors">;

const load = createRequire(__filename);

/**
 * undici's own entry loads fetch, WebSockets, caches and much else first, which takes three times as long as the client for
 * HTTP/1.1 alone: 40 ms more for every run that meets an image. It has no entry for its parts, so where a version keeps
 * them elsewhere, the whole is loaded.
 */
function loadParts(): Parts {
  try {
    const Client = load("undici/lib/dispatcher/client.js") as Parts["Client"];
    // The entry gives the methods of its API to all dispatchers.
    Client.prototype.request = load("undici/lib/api/api-request.js") as Undici.Client["request"];
    return {
      Client,
      buildConnector: load("undici/lib/core/connect.js") as Parts["buildConnector"],
      errors: load("undici/lib/core/errors.js") as Parts["errors"],
    };
  } catch {
    return load("undici") as Parts;
  }
}

export const { Client, buildConnector, errors } = loadParts();
