import type { PolicyResource } from "@pulumi/policy";
import type { CacheOptions } from "../cache/place";
import { StackRecord } from "../cache/stacks";
import type { Inspector } from "../inspector";
import type { Settings } from "../settings";
import { cacheOf } from "./cache-choice";
import { HandOver, toHandOver } from "./hand-over";
import { mayFollowPush } from "./pushers";
import type { ReviewInProgress } from "./review";
import { stackName } from "./run-mode";

/** What a preview leaves behind for the update of the same stack, and what that update makes of it. */
export class StackHandOver {
  #taken: HandOver | undefined;
  #leftBehind = false;

  /** An update begins: it asks for all that its preview met. */
  take(inspector: Inspector, settings: Settings): void {
    const images = recordIn(cacheOf(settings))?.read() ?? [];
    if (images.length > 0) this.#taken = new HandOver(inspector, images, settings.exclude);
  }

  /** Who answers a review that would ask this inspector. */
  answers(inspector: Inspector): Pick<Inspector, "inspect"> {
    return this.#taken?.inspector === inspector ? this.#taken : inspector;
  }

  entered(): void {
    this.#taken?.entered();
  }

  left(): void {
    this.#taken?.left();
  }

  /** What an update may look up before it comes to the resources: images that nothing pushes before. */
  leaveBehind(
    review: ReviewInProgress,
    resources: readonly PolicyResource[],
    cache: false | CacheOptions,
  ): void {
    if (this.#leftBehind) return;
    this.#leftBehind = true;
    const awaiting = new Set(resources.filter(mayFollowPush).map(({ urn }) => urn));
    const images = review.pending
      .filter(({ users }) => !users.some(({ workload }) => awaiting.has(workload.urn)))
      .map(toHandOver)
      .filter((image) => image !== undefined);
    recordIn(cache)?.leave(images);
  }
}

function recordIn(cache: false | CacheOptions): StackRecord | undefined {
  const stack = stackName();
  return cache === false || stack === undefined ? undefined : StackRecord.of(stack, cache);
}
