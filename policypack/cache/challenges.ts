import { createHash } from "node:crypto";
import { isRecord } from "../oci/text";
import type { CacheFolder } from "./folder";

/** Where a registry has its tokens given out, as its challenge said. */
export interface KnownChallenge {
  /** By which the registry itself answered. */
  readonly scheme: "http" | "https";
  readonly realm: string;
  readonly service?: string;
}

/** A registry that moved its token service is asked as if nothing were known after this long. */
const maximumAgeMs = 24 * 60 * 60 * 1000;
const maximumBytes = 8 * 1024;

/**
 * The challenges that registries gave to earlier runs. Hints, and from a file that somebody may have changed: good for asking
 * for a token without a login, never for saying where a login goes. Nothing here throws.
 */
export class KnownChallenges {
  constructor(private readonly folder: CacheFolder) {}

  /** @param authority the registry's `host[:port]` */
  recall(authority: string): KnownChallenge | undefined {
    const kept = this.folder.read(fileOf(authority), maximumBytes);
    if (kept === undefined || Math.abs(kept.ageMs) > maximumAgeMs) return undefined;
    try {
      const known: unknown = JSON.parse(kept.bytes.toString("utf8"));
      return isKnownChallenge(known) ? known : undefined;
    } catch {
      return undefined;
    }
  }

  keep(authority: string, challenge: KnownChallenge): void {
    const bytes = Buffer.from(JSON.stringify(challenge));
    if (bytes.length <= maximumBytes) this.folder.write(fileOf(authority), bytes);
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

function fileOf(authority: string): string {
  return `challenge-${createHash("sha256").update(authority.toLowerCase()).digest("hex")}`;
}
