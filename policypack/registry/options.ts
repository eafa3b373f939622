import type { LookupFunction } from "node:net";
import type { Gathering } from "../aws/batches";
import type { KnownChallenges } from "../cache/records";
import { type Clock, systemClock } from "../common/concurrency";
import { classOfHostname } from "../http/address-rules";
import { HostRules } from "../http/host-rules";
import { Retries } from "../http/retries";
import type { Trace } from "../common/trace";
import { Transport } from "../http/transport";
import type { CredentialSource } from "../logins/credential";
import { bareName, registryPlace, type RegistryPlace } from "../oci/registry-name";
import { TokenClient } from "./token-client";
import type { Signal } from "../common/signal";

/** How registries are read. */
export interface RegistryOptions {
  /** Registries (`host[:port]`) that may use plain http or an unverified TLS certificate. */
  readonly insecureRegistries?: readonly string[];
  /** Registry → mirrors (`host[:port][/prefix]`) to try before it, in this order. */
  readonly mirrors?: Readonly<Record<string, readonly string[]>>;
  /** Leave the registry itself alone: another way reads it. */
  readonly mirrorsOnly?: boolean;
  /** Milliseconds from sending a request to the last byte of its answer. Default: 10 s. */
  readonly requestTimeoutMs?: number;
  /** Milliseconds that the requests for one image may take together: the caller's signal ends them. Default: 30 s. */
  readonly imageTimeoutMs?: number;
  /** Used only if a registry requires a login. Default: no credentials. */
  readonly credentials?: CredentialSource;
  /** What registries' challenges said to earlier runs. Default: nothing is known. */
  readonly challenges?: KnownChallenges;
  /** How requests wait for others that can share them: lookups in ECR do; tokens only until no image is to come any more. */
  readonly gathering?: Gathering;
  /** The most requests to one host at a time; how many really go out at once is learnt from its answers. Default: `limits.requestsPerHost`. */
  readonly maxConcurrentPerHost?: number;
  /** How host names become addresses, as for `net.connect`. Default: as the system does it. */
  readonly lookup?: LookupFunction;
  /** Records every step. Default: none. */
  readonly trace?: Trace;
  /** The time by which requests, waits and tokens end. Default: the system's. */
  readonly clock?: Clock;
}

export type Scheme = "http" | "https";

/** A registry or mirror as a place to send requests to. */
export interface Host extends RegistryPlace {
  /** The schemes to try, in this order. */
  readonly schemes: readonly Scheme[];
}

/** The host behind a registry's name, or a mirror's `host[:port][/prefix]`; undefined if it does not name a host. */
export function hostOf(entry: string, rules: HostRules): Host | undefined {
  const place = registryPlace(entry);
  return place && { ...place, schemes: schemesOf(new URL(`https://${place.authority}`), rules) };
}

function schemesOf(url: URL, rules: HostRules): readonly Scheme[] {
  if (classOfHostname(url.hostname) === "loopback") return ["http", "https"];
  return rules.mayBeInsecure(url) ? ["https", "http"] : ["https"];
}

/** What all clients of a run share: one transport, and with it one bound of its connections. */
export interface Network {
  readonly transport: Transport;
  readonly rules: HostRules;
  readonly retries: Retries;
  readonly tokens: TokenClient;
  /** With less patience: the registry itself is there too. */
  readonly ofMirrors: Pick<Network, "retries" | "tokens">;
  readonly credentials: CredentialSource;
  readonly challenges?: KnownChallenges;
  /** Milliseconds that a challenge of an earlier run may take to give a token. */
  readonly recallTimeoutMs: number;
  /** Fires when the program has named all its images. Default: it has. */
  readonly named?: Signal;
  readonly clock: Clock;
  readonly trace?: Trace;
}

export function openNetwork(options: RegistryOptions): Network {
  const { requestTimeoutMs = 10_000, maxConcurrentPerHost, lookup, trace, challenges } = options;
  const { clock = systemClock } = options;
  const named = options.gathering?.until;
  // Whatever it costs, most of an image's time is left to do without it.
  const recallTimeoutMs = Math.min(2_000, (options.imageTimeoutMs ?? 30_000) / 4);
  const rules = new HostRules(options.insecureRegistries?.map(bareName), lookup);
  const transport = new Transport(rules, { requestTimeoutMs, maxConcurrentPerHost, lookup, trace, clock });
  const retrying = (retries: Retries) => ({
    retries,
    tokens: new TokenClient(transport, rules, retries, clock),
  });
  const ofMirrors = retrying(new Retries(clock, "while others pass"));
  const credentials = options.credentials ?? (() => Promise.resolve(undefined));
  const network = { transport, rules, credentials, recallTimeoutMs, clock };
  return {
    ...network,
    ...retrying(new Retries(clock)),
    ofMirrors,
    ...(named && { named }),
    ...(trace && { trace }),
    ...(challenges && { challenges }),
  };
}
