import { isRecord } from "../oci/text";
import type { CacheFolder } from "./folder";
import { DayRecord } from "./record";

/** Where a registry has its tokens given out, as its challenge said. */
export interface KnownChallenge {
  /** By which the registry itself answered. */
  readonly scheme: "http" | "https";
  readonly realm: string;
  readonly service?: string;
}

const maximumBytes = 8 * 1024;

/**
 * The challenges that registries gave to the runs of the last day: good for asking for a token without a login, never for
 * saying where a login goes.
 */
export class KnownChallenges {
  constructor(private readonly folder: CacheFolder) {}

  /** @param authority the registry's `host[:port]` */
  recall(authority: string): KnownChallenge | undefined {
    const known = this.#record(authority).read();
    return isKnownChallenge(known) ? known : undefined;
  }

  keep(authority: string, challenge: KnownChallenge): void {
    this.#record(authority).leave(challenge);
  }

  forget(authority: string): void {
    this.#record(authority).remove();
  }

  #record(authority: string): DayRecord {
    return new DayRecord(this.folder, "challenge", authority.toLowerCase(), maximumBytes);
  }
}

function isKnownChallenge(value: unknown): value is KnownChallenge {
  if (!isRecord(value)) return false;
  const { scheme, realm, service } = value;
  return (
    (scheme === "http" || scheme === "https") &&
    typeof realm === "string" &&
    (service === undefined || typeof service === "string")
  );
}
