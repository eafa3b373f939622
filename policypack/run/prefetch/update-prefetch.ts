import { limits } from "../../common/limits";
import type { Inspection, Inspector } from "../../inspection/inspector";
import type { Platform } from "../../oci/platform";
import { referenceIn } from "../../oci/reference";
import type { ReaderIdentity } from "../../registry/reader-identity";
import { type ExpectedImage, expectedImageKey, namedImage } from "./expected-image";
import { PrefetchWindow } from "./prefetch-window";
import type { Pushes } from "./push-dependencies";

/**
 * What an update knows from the stack's last preview. That may be another program's: a resource that may push and that it does not name
 * makes it worthless. The dependencies of those that it names are taken from it, because an update does not show them to policies.
 */
export interface LastPreview {
  /** The images of resources that depend on none that may push. */
  readonly images: readonly ExpectedImage[];
  /** All resources that may push, as `Pushes` names them. */
  readonly pushers: readonly string[];
}

/**
 * An update judges one resource after another. While it looks up the first, it looks up the next images of its preview side by
 * side, so that each resource finds its answer waiting.
 *
 * An answer about a tag serves the whole update, unless the program itself may have pushed the tag since. It may have if a
 * resource that can push was shown before, and either names the tag, or was not part of the preview, or the preview did not
 * show that the tag is independent of it. Such a tag is queried for each resource that uses it.
 */
export class UpdatePrefetch implements Pick<Inspector, "inspect" | "hurry"> {
  readonly #window: PrefetchWindow;
  readonly #independent: ReadonlySet<string>;
  readonly #foreseen: ReadonlySet<string>;
  /** The images that were queried for the resource whose turn it is. */
  readonly #current = new Set<string>();

  constructor(
    readonly inspector: Pick<Inspector, "inspect" | "hurry" | "anticipate" | "forget">,
    { images, pushers }: LastPreview,
    private readonly pushes: Pick<Pushes, "pushers" | "names">,
  ) {
    this.#window = new PrefetchWindow(images, limits.prefetchedInUpdate);
    this.#independent = new Set(images.map(expectedImageKey));
    this.#foreseen = new Set(pushers);
  }

  hurry(): void {
    this.inspector.hurry();
  }

  /** The engine comes to the next resource. */
  nextResource(): void {
    this.#current.clear();
    if (!this.#isForeseen()) this.#window.close();
  }

  async inspect(image: string, platform: Platform, reader: ReaderIdentity = {}): Promise<Inspection> {
    const reference = referenceIn(image);
    if (reference !== undefined && this.#mayBePushed(image, namedImage(reference, platform, reader)))
      this.inspector.forget(reference, platform, reader);
    const wasAhead = this.#window.name(image, platform, reader);
    const answer = this.inspector.inspect(image, platform, reader);
    for (let next = this.#window.next(); next !== undefined; next = this.#window.next())
      void this.inspector.anticipate(next.reference, next.platform, next.reader);
    const outcome = await answer;
    // What was missing at the start may have come since, and for a failure it is worth another request to be sure.
    if (!wasAhead || reference === undefined || outcome.ok || !mayHaveCome.has(outcome.failure.kind))
      return outcome;
    this.inspector.forget(reference, platform, reader);
    return this.inspector.inspect(image, platform, reader);
  }

  /** Whether the program may have pushed the image since it was queried; once for each resource. */
  #mayBePushed(image: string, named: ExpectedImage): boolean {
    const key = expectedImageKey(named);
    if (this.#current.has(key)) return false;
    this.#current.add(key);
    // A digest always names the same manifest.
    if (named.reference.digest !== undefined || this.pushes.pushers.length === 0) return false;
    return this.pushes.names(image) || !this.#isForeseen() || !this.#independent.has(key);
  }

  #isForeseen(): boolean {
    return this.pushes.pushers.every((pusher) => this.#foreseen.has(pusher));
  }
}

const mayHaveCome: ReadonlySet<string> = new Set(["missing", "denied"]);
