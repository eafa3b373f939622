import { isIP, type LookupFunction } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import type { buildConnector } from "undici";
import { errors } from "./undici";

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
}: TlsOptions): buildConnector.connector {
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
