import { Agent, type AgentOptions, type RequestOptions } from "node:https";
import type { Duplex } from "node:stream";
import { buildConnector } from "undici";
import { limits } from "../common/limits";
import { describeNetworkError } from "../http/errors";
import { proxyFor } from "../http/proxy-env";
import { badProxy, tunnelThrough } from "../http/proxy-tunnel";
import { IdentityError } from "./failures";
import type { AwsIdentity, CredentialProvider } from "./identity";

/**
 * Before the SDK is loaded: its word on Node 20 is for those who choose the Node version, not for the reader of a
 * preview. This variable silences it and nothing else (@aws-sdk/core, submodules/client, emitWarningIfUnsupportedVersion).
 */
export function quietSdk(): void {
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
}

/** An identity's credentials as the SDK takes them, loaded with the first request; rejects with an IdentityError. */
export function credentialsOf(identity: AwsIdentity): CredentialProvider {
  let provider: Promise<CredentialProvider> | undefined;
  return async (properties) => {
    try {
      return await (
        await (provider ??= identity.credentials())
      )(properties);
    } catch (error) {
      throw new IdentityError(identity.describe, error);
    }
  };
}

/** What the SDK's client of any service is made with; the region's default is that of the AWS environment or configuration files. */
export function clientOptions(identity: AwsIdentity, region: string | undefined) {
  return {
    ...(region === undefined ? {} : { region }),
    credentials: credentialsOf(identity),
    requestHandler: requestHandlerOptions(),
  };
}

/**
 * How the SDK's clients send their requests: bounded in time, and through the environment's proxies, which the SDK does not
 * support. It passes this on to the clients that it makes to assume roles.
 */
export function requestHandlerOptions() {
  return {
    httpsAgent: new ProxiedAgent({
      keepAlive: true,
      maxSockets: limits.awsSdkConnections,
      connectTimeoutMs: 10_000,
    }),
    connectionTimeout: 10_000,
    requestTimeout: 30_000,
    throwOnRequestTimeout: true,
  };
}

/** The connections of an https client that is not ours, such as the AWS SDK's: by the same proxies as our own. */
class ProxiedAgent extends Agent {
  readonly #connect: buildConnector.connector;
  readonly #timeoutMs: number;

  constructor({ connectTimeoutMs, ...options }: AgentOptions & { readonly connectTimeoutMs: number }) {
    super(options);
    this.#timeoutMs = connectTimeoutMs;
    this.#connect = buildConnector({ timeout: connectTimeoutMs });
  }

  override createConnection(
    options: RequestOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const hostname = options.host ?? options.hostname ?? "";
    const port = String(options.port ?? 443);
    const url = new URL(`https://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`);
    const proxy = proxyFor(url, process.env);
    if (proxy === undefined || callback === undefined) return super.createConnection(options, callback);
    // The stream goes unused if there is an error (node:http, "agent.createConnection").
    const fail = (error: Error) => {
      const { words } = describeNetworkError(error);
      Reflect.apply(callback, undefined, [new Error(`${hostname} ${words}`, { cause: error })]);
    };
    if (proxy.url === undefined) {
      fail(badProxy(proxy));
      return undefined;
    }
    const target = { hostname, port, protocol: "https:", servername: hostname };
    const connect = tunnelThrough(proxy, this.#connect, this.#connect, this.#timeoutMs);
    connect(target, (...[error, socket]) => {
      if (error === null) callback(null, socket);
      else fail(error);
    });
    return undefined;
  }
}
