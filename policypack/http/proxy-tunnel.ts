import { request } from "node:http";
import type { Connect } from "./connections";
import { describeNetworkError, ProxyError } from "./errors";
import { portOf } from "./host-rules";
import type { RetryClass } from "./messages";
import type { BadProxy, Proxy } from "./proxy-env";
import type { Connector } from "./routes";

export function badProxy({ variable }: BadProxy): ProxyError {
  const advice = "write it as http://host:port";
  return new ProxyError(`of ${variable}`, `is not a valid URL of an http or https proxy; ${advice}`, "final");
}

/** @param error what went wrong on the way to the proxy */
export function unreachableProxy(proxy: Proxy, error: unknown): ProxyError {
  const { kind, words, retry } = describeNetworkError(error);
  // The others would speak of the registry's scheme.
  const passesOn = retry === "transient" || retry === "late" || retry === "no-descriptor";
  return new ProxyError(nameOf(proxy), words, passesOn ? retry : "final", kind);
}

/** Why a proxy refuses, from the status of its answer. */
export function proxyRefusal(proxy: Proxy, status: number): ProxyError {
  const { variable, authorization } = proxy;
  const http = `HTTP ${status}`;
  const say = (words: string, retry: RetryClass) => new ProxyError(nameOf(proxy), words, retry);
  if (status === 407)
    return authorization === undefined
      ? say(`requires a login (${http}); put it into ${variable}, as http://user:password@host:port`, "final")
      : say(`does not accept the login in ${variable} (${http}); check user name and password`, "final");
  if (status === 429 || status >= 500) return say(`cannot reach it (${http}); try later`, "transient");
  // Many allow tunnels to port 443 only; a plain request may still pass.
  return say(
    `refuses to connect to it (${http}); have it allowed there, or add the host to NO_PROXY`,
    "refused",
  );
}

function nameOf({ name, variable }: Proxy): string {
  return `${name} (${variable})`;
}

/**
 * Connects to an https server through a tunnel of the proxy (CONNECT, RFC 9110 §9.3.6).
 *
 * @param toProxy connects to the proxy
 * @param toServer starts TLS in the tunnel
 */
export function tunnelThrough(
  proxy: Proxy,
  toProxy: Connector,
  server: URL,
  toServer: Connector,
  timeoutMs: number,
): Connect {
  const path = `${server.hostname}:${portOf(server)}`;
  const { authorization } = proxy;
  const headers = {
    host: path,
    ...(authorization !== undefined && { "proxy-authorization": authorization }),
  };
  return (callback) => {
    const socket = toProxy();
    socket.setTimeout(timeoutMs, () => {
      socket.destroy(Object.assign(new Error("no tunnel"), { code: "ETIMEDOUT" }));
    });
    request({ method: "CONNECT", path, headers, createConnection: () => socket })
      .on("connect", ({ statusCode = 0 }) => {
        // The request that waits for the tunnel keeps the process alive; a tunnel that is not needed any more does not.
        if (statusCode >= 200 && statusCode < 300) callback(null, toServer(socket.setTimeout(0).unref()));
        else {
          socket.destroy();
          callback(proxyRefusal(proxy, statusCode));
        }
      })
      .on("error", (error) => {
        callback(unreachableProxy(proxy, error));
      })
      .end();
    return undefined;
  };
}
