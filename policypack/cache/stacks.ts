import { createHash } from "node:crypto";
import { isRecord } from "../oci/text";
import { CacheFolder } from "./folder";
import { type CacheOptions, imageFolder } from "./place";

/** An image as a preview leaves it to the next run of the same stack: what it takes to look it up, and nothing else. */
export interface StackImage {
  /** The full name, `docker.io/library/nginx:1`. */
  readonly image: string;
  /** `os/arch[/variant]`. */
  readonly platform: string;
  /** Whose credentials read it, where that matters: the ones of the machine. */
  readonly identity?: "default";
}

/** A Pulumi stack's full name. */
export interface StackName {
  readonly organization: string;
  readonly project: string;
  readonly stack: string;
}

/** A run that comes later than this meets other images, mostly. */
const maximumAgeMs = 24 * 60 * 60 * 1000;
const maximumImages = 5_000;
const maximumBytes = 2 * 1024 * 1024;

/** The images of a stack's last preview. A hint: whoever reads it must be right without it. Nothing here throws. */
export class StackRecord {
  private constructor(
    private readonly folder: CacheFolder,
    private readonly file: string,
  ) {}

  static of(stack: StackName, cache: CacheOptions): StackRecord | undefined {
    const folder = imageFolder(cache);
    const name = JSON.stringify([stack.organization, stack.project, stack.stack]);
    const file = `stack-${createHash("sha256").update(name).digest("hex")}`;
    return folder === undefined ? undefined : new StackRecord(folder, file);
  }

  leave(images: readonly StackImage[]): void {
    const bytes = Buffer.from(JSON.stringify({ images: images.slice(0, maximumImages) }));
    if (bytes.length <= maximumBytes) this.folder.write(this.file, bytes);
  }

  /** The images of a preview of the last day; none where there is no record, or none that makes sense. */
  read(): readonly StackImage[] {
    const kept = this.folder.read(this.file, maximumBytes);
    if (kept === undefined || Math.abs(kept.ageMs) > maximumAgeMs) return [];
    try {
      const record: unknown = JSON.parse(kept.bytes.toString("utf8"));
      const images: unknown = isRecord(record) ? record["images"] : undefined;
      return Array.isArray(images) ? images.slice(0, maximumImages).filter(isStackImage) : [];
    } catch {
      return [];
    }
  }
}

function isStackImage(value: unknown): value is StackImage {
  if (!isRecord(value)) return false;
  const { image, platform, identity } = value;
  return (
    typeof image === "string" &&
    typeof platform === "string" &&
    (identity === undefined || identity === "default")
  );
}
