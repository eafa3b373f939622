import type { PolicyResource } from "@pulumi/policy";
import type { CacheOptions } from "../../cache/location";
import { StackRecord } from "../../cache/records";
import type { Inspector } from "../../inspection/inspector";
import type { Exclusion } from "../../settings";
import { expectedOf, toStackImage } from "./expected-image";
import { UpdatePrefetch } from "./update-prefetch";
import { mayFollowPush } from "./push-dependencies";
import { PreviewPrefetch } from "./preview-prefetch";
import type { ReviewInProgress } from "../review";
import { reportsAtEnd, stackName } from "../pulumi-run";

/** What a preview leaves behind for the next run of the same stack, and what that run makes of it. */
export class StackPrefetch {
  #record: StackRecord | undefined;
  #taken: UpdatePrefetch | undefined;
  #ahead: PreviewPrefetch | undefined;
  #leftBehind = false;

  /**
   * A run begins, with what the stack's last preview met. For a preview any answer of the run is good enough; an update, which
   * may push images itself, minds when it was given.
   */
  take(inspector: Inspector, cache: false | CacheOptions, exclude: readonly Exclusion[]): void {
    this.#record = recordIn(cache);
    const images = this.#record?.read() ?? [];
    const expected = images.flatMap((image) => expectedOf(image, exclude) ?? []);
    if (expected.length === 0) return;
    if (reportsAtEnd()) this.#ahead = new PreviewPrefetch(inspector, expected);
    else this.#taken = new UpdatePrefetch(inspector, expected);
  }

  /** Who answers a review that would ask this inspector. */
  answers(inspector: Inspector): Pick<Inspector, "inspect" | "hurry"> {
    return [this.#taken, this.#ahead].find((one) => one?.inspector === inspector) ?? inspector;
  }

  entered(): void {
    this.#taken?.entered();
  }

  left(): void {
    this.#taken?.left();
  }

  /** A preview ends that has met images: the next run may look up those that nothing pushes before. */
  saveImages(review: ReviewInProgress, resources: readonly PolicyResource[]): void {
    if (this.#leftBehind) return;
    this.#leftBehind = true;
    const awaiting = new Set(resources.filter(mayFollowPush).map(({ urn }) => urn));
    const images = review.pending
      .filter(({ users }) => !users.some(({ workload }) => awaiting.has(workload.urn)))
      .map(toStackImage)
      .filter((image) => image !== undefined);
    this.#record?.leave(images);
  }

  /** A preview ends: where it met no image, the next run expects none. */
  close(): void {
    if (this.#ahead === undefined || this.#leftBehind) return;
    this.#ahead.close();
    this.#record?.leave([]);
  }
}

function recordIn(cache: false | CacheOptions): StackRecord | undefined {
  const stack = stackName();
  return cache === false || stack === undefined ? undefined : StackRecord.of(stack, cache);
}
