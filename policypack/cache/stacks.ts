import { isRecord } from "../oci/text";
import { type CacheOptions, imageFolder } from "./place";
import { DayRecord } from "./record";

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

const maximumImages = 5_000;
const maximumBytes = 2 * 1024 * 1024;

/** The images of a stack's last preview. */
export class StackRecord {
  private constructor(private readonly record: DayRecord) {}

  static of(stack: StackName, cache: CacheOptions): StackRecord | undefined {
    const folder = imageFolder(cache);
    const name = JSON.stringify([stack.organization, stack.project, stack.stack]);
    return folder && new StackRecord(new DayRecord(folder, "stack", name, maximumBytes));
  }

  leave(images: readonly StackImage[]): void {
    this.record.leave({ images: images.slice(0, maximumImages) });
  }

  /** The images of a preview of the last day; none where there is no record, or none that makes sense. */
  read(): readonly StackImage[] {
    const record = this.record.read();
    const images: unknown = isRecord(record) ? record["images"] : undefined;
    return Array.isArray(images) ? images.slice(0, maximumImages).filter(isStackImage) : [];
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
