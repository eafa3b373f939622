import { Inspections, type Statistics } from "./inspections";
import { type InspectedImage, LookUp } from "./look-up";
import { failure, type Outcome } from "./oci/failure";
import { formatPlatform, type Platform } from "./oci/platform";
import {
  formatReference,
  InvalidReferenceError,
  parseReference,
  type Reference,
  withDefaultTag,
} from "./oci/reference";
import { printable } from "./oci/text";
import { parseEcrHost } from "./registry/ecr/hosts";
import type { AwsIdentity } from "./registry/ecr/identity";
import { openRegistries, type Registries, type RegistriesOptions } from "./registry/open";
import { Turns } from "./turns";
import { referenceStep } from "./walk-steps";

export type { InspectedImage, Layer } from "./look-up";

export interface InspectorOptions extends RegistriesOptions {
  /** Milliseconds that one image's look-ups may take together. Default: 30 s. */
  readonly imageTimeoutMs?: number;
  /** Look at the first bytes of every layer, and at every config. Default: no. */
  readonly sniffLayers?: boolean;
}

/**
 * More than a registry is ever sent requests at a time, so that it is kept busy; but few enough that images are finished one
 * after another instead of all together at the end, which takes less memory.
 */
const lookUpsPerRegistry = 128;

/**
 * Joins `oci/` and `registry/`: one inspection for each image name and platform, however often it is asked for.
 * The registry client, and with it the HTTP library, is loaded when the first image is met.
 */
export class Inspector {
  readonly #options: InspectorOptions;
  readonly #turns = new Turns(lookUpsPerRegistry);
  readonly #inspections = new Inspections<Outcome<InspectedImage>>();
  #registries: Promise<Registries> | undefined;
  #opened: Registries | undefined;

  constructor(options: InspectorOptions = {}) {
    this.#options = options;
  }

  /**
   * Never rejects: whatever goes wrong is a failure of a known kind.
   *
   * @param identity who reads private ECR; by default the AWS SDK's default credential chain
   */
  inspect(image: string, platform: Platform, identity?: AwsIdentity): Promise<Outcome<InspectedImage>> {
    let reference: Reference;
    try {
      reference = parseReference(image);
    } catch (error) {
      const words = error instanceof InvalidReferenceError ? error.message : String(error);
      return Promise.resolve(failure("invalid-reference", words));
    }
    const reader = readerOf(reference, identity);
    return this.#inspections.once(keyOf(reference, platform, reader), () =>
      this.#inspect(reference, platform, reader).catch(ownFailure),
    );
  }

  /** Lets the next inspection of this image ask the registry again. */
  forget(reference: Reference, platform: Platform, identity?: AwsIdentity): void {
    this.#inspections.forget(keyOf(reference, platform, readerOf(reference, identity)));
  }

  get statistics(): Statistics {
    const { size: images, remaining } = this.#inspections;
    const { requests = 0, cacheHits = 0 } = this.#opened ?? {};
    return { images, remaining, requests, cacheHits };
  }

  async close(): Promise<void> {
    await (await this.#registries)?.close();
  }

  async #inspect(
    reference: Reference,
    platform: Platform,
    identity: AwsIdentity | undefined,
  ): Promise<Outcome<InspectedImage>> {
    this.#registries ??= openRegistries(this.#options);
    const registries = (this.#opened = await this.#registries);
    const signal = AbortSignal.timeout(this.#options.imageTimeoutMs ?? 30_000);
    const { sniffLayers = false, trace } = this.#options;
    trace?.add(referenceStep(reference));
    const lookUp = new LookUp({ registries, reference, platform, identity, signal, sniffLayers, trace });
    // Look-ups in ECR wait for one another, to go out together.
    return parseEcrHost(reference.registry) === undefined
      ? this.#turns.during(reference.registry, () => lookUp.run())
      : lookUp.run();
  }
}

/** Only private ECR is read with an AWS identity. */
function readerOf({ registry }: Reference, identity: AwsIdentity | undefined): AwsIdentity | undefined {
  return parseEcrHost(registry) === undefined ? undefined : identity;
}

function keyOf(reference: Reference, platform: Platform, reader: AwsIdentity | undefined): string {
  return JSON.stringify([formatReference(withDefaultTag(reference)), formatPlatform(platform), reader?.key]);
}

/** A defect of ours must not pass for a verdict, nor hide those on other images. */
function ownFailure(error: unknown): Outcome<never> {
  const words = printable(error instanceof Error ? error.message : String(error));
  return failure("unsupported", `the guard itself failed here; please report this defect: ${words}`);
}
