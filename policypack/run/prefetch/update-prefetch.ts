import type { InspectedImage, Inspector } from "../../inspection/inspector";
import type { Outcome } from "../../common/outcome";
import type { Platform } from "../../oci/platform";
import { formatReference, referenceIn } from "../../oci/reference";
import type { ReaderIdentity } from "../../registry/reader-identity";
import { type ExpectedImage, expectedImageKey } from "./expected-image";

/** After a pause of the engine's of this length something else may have happened: a push, say, by the program itself. */
const pauseMs = 250;
/** An answer that waited longer than this for its resource is fetched anew, together with all the others. */
const freshMs = 5_000;

/**
 * An update judges one resource after another. The images that its preview met are looked up at its start, side by side, so
 * that each resource finds its answer waiting. An answer counts only while nothing can have happened since it was asked
 * for; then all that still wait for their resource are asked for again, side by side too.
 */
export class UpdatePrefetch implements Pick<Inspector, "inspect" | "hurry"> {
  readonly #expected = new Map<string, ExpectedImage>();
  #askedMs = 0;
  #leftMs = performance.now();

  constructor(
    readonly inspector: Inspector,
    images: readonly ExpectedImage[],
  ) {
    for (const expected of images) this.#expected.set(expectedImageKey(expected), expected);
    this.#ask();
  }

  hurry(): void {
    this.inspector.hurry();
  }

  /** The engine calls the pack. */
  entered(): void {
    if (performance.now() - this.#leftMs > pauseMs) this.#ask();
  }

  /** The engine goes on without the pack. */
  left(): void {
    this.#leftMs = performance.now();
  }

  async inspect(
    image: string,
    platform: Platform,
    reader: ReaderIdentity = {},
  ): Promise<Outcome<InspectedImage>> {
    const reference = referenceIn(image);
    const key = reference === undefined ? "" : expectedImageKey({ reference, platform, reader });
    if (reference === undefined || !this.#expected.has(key))
      return this.inspector.inspect(image, platform, reader);
    if (performance.now() - this.#askedMs > freshMs) this.#ask();
    this.#expected.delete(key);
    const outcome = await this.inspector.inspect(image, platform, reader);
    // What was missing at the start may have come since, and for a failure it is worth another request to be sure.
    if (outcome.ok || !mayHaveCome.has(outcome.failure.kind)) return outcome;
    this.inspector.forget(reference, platform, reader);
    return this.inspector.inspect(image, platform, reader);
  }

  #ask(): void {
    this.#askedMs = performance.now();
    for (const { reference, platform, reader } of this.#expected.values()) {
      // A digest names the same for ever.
      if (reference.digest === undefined) this.inspector.forget(reference, platform, reader);
      void this.inspector.inspect(formatReference(reference), platform, reader);
    }
  }
}

const mayHaveCome: ReadonlySet<string> = new Set(["missing", "denied"]);
