import type { KnownChallenges } from "../cache/challenges";
import type { CredentialSource } from "./credentials/credential";
import { HostRules } from "./http/hosts";
import type { RegistryOptions } from "./options";
import { Retries } from "./http/retries";
import { TokenClient } from "./token";
import type { Trace } from "./trace/trace";
import { Transport } from "./http/transport";

/** What the endpoints of one client share. */
export interface Network {
  readonly transport: Transport;
  readonly rules: HostRules;
  readonly retries: Retries;
  readonly tokens: TokenClient;
  readonly credentials: CredentialSource;
  readonly challenges?: KnownChallenges;
  readonly trace?: Trace;
}

export function openNetwork(options: RegistryOptions): Network {
  const { requestTimeoutMs = 10_000, maxConcurrentPerHost = 60, lookup, trace, challenges } = options;
  const rules = new HostRules(options.insecureRegistries, lookup);
  const transport = new Transport(rules, { requestTimeoutMs, maxConcurrentPerHost, lookup, trace });
  const retries = new Retries();
  const tokens = new TokenClient(transport, rules, retries);
  const credentials = options.credentials ?? (() => Promise.resolve(undefined));
  const network = { transport, rules, retries, tokens, credentials };
  return { ...network, ...(trace && { trace }), ...(challenges && { challenges }) };
}
