import type { InspectedImage, Inspector } from "../../inspection/inspector";
import type { Outcome } from "../../common/outcome";
import type { Platform } from "../../oci/platform";
import { canonicalName, referenceIn } from "../../oci/reference";
import { parseEcrHost } from "../../aws/ecr-hosts";
import type { ReaderIdentity } from "../../registry/reader-identity";
import type { ExpectedImage } from "./expected-image";

/** As many as a registry is asked for at first; those that the program does not use any more are asked for in vain. */
const sideBySide = 48;
/** The engine waits for an answer when this begins, and the program for the engine; loading the registry client would hold both up. */
const afterMs = 20;

/**
 * A preview looks up what the last one met while its program still loads and registers one resource after another, so that it
 * has the answers at its end. It leaves off where most of what the program asks for is new.
 */
export class PreviewPrefetch implements Pick<Inspector, "inspect" | "hurry"> {
  readonly #names: ReadonlySet<string>;
  readonly #waiting: ExpectedImage[];
  /** How many more of the program's images were expected than not. */
  #surplus = 0;

  constructor(
    readonly inspector: Pick<Inspector, "inspect" | "hurry" | "anticipate">,
    images: readonly ExpectedImage[],
  ) {
    this.#names = new Set(images.map(({ reference }) => canonicalName(reference)));
    // Look-ups in ECR wait for one another, to go out in few calls: not before it is clear which are needed.
    this.#waiting = images.filter(({ reference }) => parseEcrHost(reference.registry) === undefined);
    setTimeout(() => {
      for (let n = 0; n < sideBySide; n++) void this.#work();
    }, afterMs).unref();
  }

  inspect(image: string, platform: Platform, reader: ReaderIdentity = {}): Promise<Outcome<InspectedImage>> {
    if (this.#waiting.length > 0) {
      const reference = referenceIn(image);
      this.#surplus += reference !== undefined && this.#names.has(canonicalName(reference)) ? 1 : -1;
      if (this.#surplus < 0) this.leaveOff();
    }
    return this.inspector.inspect(image, platform, reader);
  }

  /** All that the program uses was asked for. */
  hurry(): void {
    this.leaveOff();
    this.inspector.hurry();
  }

  leaveOff(): void {
    this.#waiting.length = 0;
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift())
      await this.inspector.anticipate(next.reference, next.platform, next.reader);
  }
}
