import type { Inspection, Inspector } from "../../inspection/inspector";
import type { Platform } from "../../oci/platform";
import { referenceIn } from "../../oci/reference";
import type { ReaderIdentity } from "../../registry/reader-identity";
import type { ExpectedImage } from "./expected-image";
import { PrefetchWindow } from "./prefetch-window";

/** After a pause of the engine's of this length something else may have happened: a push, say, by the program itself. */
const pauseMs = 250;
/** An answer that waited longer than this for its resource is fetched again, together with all the others. */
const freshMs = 5_000;

/**
 * An update judges one resource after another. While it looks up the first, it looks up the next images of its preview side by
 * side, so that each resource finds its answer waiting. An answer counts only while nothing can have happened since it was
 * requested; then all that still wait for their resource are requested again, side by side too.
 */
export class UpdatePrefetch implements Pick<Inspector, "inspect" | "hurry"> {
  readonly #window: PrefetchWindow;
  #requestedMs = performance.now();
  #leftMs = performance.now();

  constructor(
    readonly inspector: Pick<Inspector, "inspect" | "hurry" | "anticipate" | "forget">,
    images: readonly ExpectedImage[],
  ) {
    this.#window = new PrefetchWindow(images);
  }

  hurry(): void {
    this.inspector.hurry();
  }

  /** The engine calls the pack. */
  entered(): void {
    if (performance.now() - this.#leftMs > pauseMs) this.#requestAgain();
  }

  /** The engine goes on without the pack. */
  left(): void {
    this.#leftMs = performance.now();
  }

  async inspect(image: string, platform: Platform, reader: ReaderIdentity = {}): Promise<Inspection> {
    if (performance.now() - this.#requestedMs > freshMs) this.#requestAgain();
    const wasAhead = this.#window.name(image, platform, reader);
    const answer = this.inspector.inspect(image, platform, reader);
    for (let next = this.#window.next(); next !== undefined; next = this.#window.next())
      void this.inspector.anticipate(next.reference, next.platform, next.reader);
    const outcome = await answer;
    const reference = referenceIn(image);
    // What was missing at the start may have come since, and for a failure it is worth another request to be sure.
    if (!wasAhead || reference === undefined || outcome.ok || !mayHaveCome.has(outcome.failure.kind))
      return outcome;
    this.inspector.forget(reference, platform, reader);
    return this.inspector.inspect(image, platform, reader);
  }

  #requestAgain(): void {
    this.#requestedMs = performance.now();
    for (const { reference, platform, reader } of this.#window.ahead) {
      // A digest names the same for ever.
      if (reference.digest === undefined) this.inspector.forget(reference, platform, reader);
      void this.inspector.anticipate(reference, platform, reader);
    }
  }
}

const mayHaveCome: ReadonlySet<string> = new Set(["missing", "denied"]);
