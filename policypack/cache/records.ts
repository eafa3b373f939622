import { createHash } from "node:crypto";
import type { CacheFolder } from "./folder";
import { type CacheOptions, imageFolder } from "./location";
import { isRecord } from "../common/values";

/** What is older has been overtaken by others, mostly. */
const maximumAgeMs = 24 * 60 * 60 * 1000;

/**
 * What a run leaves to those of the next day, as JSON. A hint, and from a file that somebody may have changed: whoever
 * reads it must be right without it. Nothing here throws.
 */
class DayRecord {
  readonly #file: string;

  /** @param name whose record of this kind it is */
  constructor(
    private readonly folder: CacheFolder,
    kind: string,
    name: string,
    private readonly maximumBytes: number,
  ) {
    this.#file = `${kind}-${createHash("sha256").update(name).digest("hex")}`;
  }

  leave(value: unknown): void {
    const bytes = Buffer.from(JSON.stringify(value));
    if (bytes.length <= this.maximumBytes) this.folder.write(this.#file, bytes);
  }

  remove(): void {
    this.folder.remove(this.#file);
  }

  /** Undefined if there is no record of the last day, or if it is not valid JSON. */
  read(): unknown {
    const kept = this.folder.read(this.#file, this.maximumBytes);
    if (kept === undefined || Math.abs(kept.ageMs) > maximumAgeMs) return undefined;
    try {
      return JSON.parse(kept.bytes.toString("utf8"));
    } catch {
      return undefined;
    }
  }
}

/** A registry's token service, as its challenge named it. */
export interface KnownChallenge {
  /** By which the registry itself answered. */
  readonly scheme: "http" | "https";
  readonly realm: string;
  readonly service?: string;
}

/** Whether a token service grants several scopes of one request, or one at most. */
export type ScopeSupport = "several" | "one";

const maximumChallengeBytes = 8 * 1024;

/**
 * The challenges of registries in the runs of the last day. They serve to request a token without a login, and never decide
 * where a login is sent.
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

  /** What a token service made of a request for several scopes. */
  scopeSupport(service: string): ScopeSupport | undefined {
    const known = this.#scopes(service).read();
    return known === "several" || known === "one" ? known : undefined;
  }

  keepScopeSupport(service: string, support: ScopeSupport): void {
    this.#scopes(service).leave(support);
  }

  #scopes(service: string): DayRecord {
    return new DayRecord(this.folder, "scopes", service, maximumChallengeBytes);
  }

  #record(authority: string): DayRecord {
    return new DayRecord(this.folder, "challenge", authority.toLowerCase(), maximumChallengeBytes);
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

/** An image as a preview leaves it to the next run of the same stack: what it takes to look it up, and nothing else. */
export interface StackImage {
  /** The full name, `docker.io/library/nginx:1`. */
  readonly image: string;
  /** `os/arch[/variant]`. */
  readonly platform: string;
  /** The key of the AWS identity that reads it, if one does; holds no secret. */
  readonly identity?: string;
}

/** A Pulumi stack's full name, and what distinguishes it from one of the same name in another backend. */
export interface StackName {
  /** Any text that differs between backends, as far as that is known. */
  readonly backend: string;
  readonly organization: string;
  readonly project: string;
  readonly stack: string;
}

/** What a stack's preview leaves to its next run. */
export interface LeftByPreview {
  readonly images: readonly StackImage[];
  /** Hashes of the URNs of the resources that may push an image. */
  readonly pushers: readonly string[];
}

const maximumEntries = 5_000;
const maximumStackBytes = 2 * 1024 * 1024;

/** The images of a stack's last preview. */
export class StackRecord {
  private constructor(private readonly record: DayRecord) {}

  static of(stack: StackName, cache: CacheOptions): StackRecord | undefined {
    const folder = imageFolder(cache);
    const name = JSON.stringify([stack.backend, stack.organization, stack.project, stack.stack]);
    return folder && new StackRecord(new DayRecord(folder, "stack", name, maximumStackBytes));
  }

  leave({ images, pushers }: LeftByPreview): void {
    this.record.leave({
      images: images.slice(0, maximumEntries),
      pushers: pushers.slice(0, maximumEntries),
    });
  }

  /** What a preview of the last day left; nothing if there is no valid record. */
  read(): LeftByPreview {
    const record = this.record.read();
    const list = (key: keyof LeftByPreview): unknown[] => {
      const found: unknown = isRecord(record) ? record[key] : undefined;
      return Array.isArray(found) ? found.slice(0, maximumEntries) : [];
    };
    return {
      images: list("images").filter(isStackImage),
      pushers: list("pushers").filter((pusher) => typeof pusher === "string"),
    };
  }
}

function isStackImage(value: unknown): value is StackImage {
  if (!isRecord(value)) return false;
  const { image, platform, identity } = value;
  return (
    typeof image === "string" &&
    typeof platform === "string" &&
    (identity === undefined || typeof identity === "string")
  );
}
