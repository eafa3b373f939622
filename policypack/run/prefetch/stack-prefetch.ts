import type { PolicyResource } from "@pulumi/policy";
import type { CacheOptions } from "../../cache/location";
import { StackRecord } from "../../cache/records";
import type { Inspector } from "../../inspection/inspector";
import type { Exclusion } from "../../settings";
import { expectedOf, toStackImage } from "./expected-image";
import { UpdatePrefetch } from "./update-prefetch";
import { mayFollowPush, type Pushes } from "./push-dependencies";
import { PreviewPrefetch } from "./preview-prefetch";
import type { ReviewInProgress } from "../review";
import { reportsAtEnd, stackName } from "../pulumi-run";

/** What a preview leaves behind for the next run of the same stack, and what that run makes of it. */
export class StackPrefetch {
  #record: StackRecord | undefined;
  #preview: PreviewPrefetch | undefined;
  /** An update's, one for each inspector: only the first prefetches. */
  readonly #updates = new Map<Inspector, UpdatePrefetch>();
  #leftBehind = false;

  /** @param pushes what the program of this run may push */
  constructor(private readonly pushes: Pushes) {}

  /** A run begins, with the images of the stack's last preview. */
  take(inspector: Inspector, cache: false | CacheOptions, exclude: readonly Exclusion[]): void {
    this.#record = recordIn(cache);
    const { images = [], pushers = [] } = this.#record?.read() ?? {};
    const expected = images.flatMap((image) => expectedOf(image, exclude) ?? []);
    void inspector.readAhead(expected);
    if (!reportsAtEnd())
      this.#updates.set(inspector, new UpdatePrefetch(inspector, { images: expected, pushers }, this.pushes));
    else if (expected.length > 0) this.#preview = new PreviewPrefetch(inspector, expected);
  }

  /** What a review uses in place of this inspector. */
  answers(inspector: Inspector): Pick<Inspector, "inspect" | "hurry"> {
    if (reportsAtEnd()) return this.#preview?.inspector === inspector ? this.#preview : inspector;
    let update = this.#updates.get(inspector);
    if (update === undefined) {
      update = new UpdatePrefetch(inspector, { images: [], pushers: [] }, this.pushes);
      this.#updates.set(inspector, update);
    }
    return update;
  }

  /** The engine comes to the next resource. */
  nextResource(): void {
    for (const update of this.#updates.values()) update.nextResource();
  }

  /** A preview with images ends: the next run may look up those that nothing pushes before. */
  saveImages(review: ReviewInProgress, resources: readonly PolicyResource[]): void {
    if (this.#leftBehind) return;
    this.#leftBehind = true;
    const awaiting = new Set(resources.filter(mayFollowPush).map(({ urn }) => urn));
    const images = review.pending
      .filter(({ users }) => !users.some(({ workload }) => awaiting.has(workload.urn)))
      .map(toStackImage)
      .filter((image) => image !== undefined);
    this.#record?.leave({ images, pushers: this.pushes.pushers });
  }

  /** A preview ends: if it had no image, the next run expects none. */
  close(): void {
    if (this.#preview === undefined || this.#leftBehind) return;
    this.#preview.close();
    this.#record?.leave({ images: [], pushers: [] });
  }
}

function recordIn(cache: false | CacheOptions): StackRecord | undefined {
  const stack = stackName();
  return cache === false || stack === undefined ? undefined : StackRecord.of(stack, cache);
}
