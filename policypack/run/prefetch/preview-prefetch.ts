import type { Inspection, Inspector } from "../../inspection/inspector";
import { limits } from "../../common/limits";
import type { Platform } from "../../oci/platform";
import { parseEcrHost } from "../../aws/ecr-hosts";
import type { ReaderIdentity } from "../../registry/reader-identity";
import type { ExpectedImage } from "./expected-image";
import { PrefetchWindow } from "./prefetch-window";

/**
 * A preview looks up the images of the last one while its program still registers one resource after another, so that it has the
 * answers at its end.
 */
export class PreviewPrefetch implements Pick<Inspector, "inspect" | "hurry"> {
  readonly #window: PrefetchWindow;
  #running = 0;

  constructor(
    readonly inspector: Pick<Inspector, "inspect" | "hurry" | "anticipate">,
    images: readonly ExpectedImage[],
  ) {
    // Lookups in ECR wait for one another, to share few calls: not before it is clear which are needed.
    this.#window = new PrefetchWindow(
      images.filter(({ reference }) => parseEcrHost(reference.registry) === undefined),
      limits.prefetchedInPreview,
    );
  }

  inspect(image: string, platform: Platform, reader: ReaderIdentity = {}): Promise<Inspection> {
    this.#window.name(image, platform, reader);
    const outcome = this.inspector.inspect(image, platform, reader);
    this.#start();
    return outcome;
  }

  hurry(): void {
    this.close();
    this.inspector.hurry();
  }

  /** The program has named all its images. */
  close(): void {
    this.#window.close();
  }

  #start(): void {
    while (this.#running < limits.inspectionsPerRegistry) {
      const next = this.#window.next();
      if (next === undefined) return;
      this.#running++;
      void this.inspector.anticipate(next.reference, next.platform, next.reader).then(() => {
        this.#running--;
        this.#start();
      });
    }
  }
}
