import type { ResourceValidationArgs } from "@pulumi/policy";
import { runtime } from "@pulumi/pulumi";
import { pushedImages } from "../builds/pushed-images";
import { Inspector } from "../inspector";
import { formatReference, referenceIn, withDefaultTag } from "../oci/reference";
import { mergeSettings, readSettings, type Settings } from "../settings";
import { WaitingBudget } from "../waiting-budget";
import { ReviewInProgress } from "./review";
import { reportsAtEnd } from "./run-mode";

/**
 * The engine registers a program's resources one after another, some milliseconds apart. A preview awaits its look-ups
 * at the end only, so those in ECR can wait for each other and go out in few calls.
 */
const previewGathering = { quietMs: 150, longestMs: 1000 };

/**
 * What the policies of one pack share: the settings given once, the inspections, and the time that a run may wait.
 * The first policy of the list carries the shared settings; the engine calls the policies in the list's order.
 */
export class Session {
  readonly #inspectors = new Map<string, Inspector>();
  readonly #reported = new Set<string>();
  readonly #pushed = new Set<string>();
  #shared: Partial<Settings> = {};
  #met = false;
  #budget: WaitingBudget | undefined;

  /** @param base what a pack sets in its code; the engine's configuration comes on top */
  constructor(
    private readonly carrier: string,
    private readonly base: Partial<Settings> = {},
  ) {}

  /** The settings of one policy, and what is wrong with those that stand on it. */
  settingsOf(policy: string, config: object): { settings: Settings; problems: readonly string[] } {
    const own = readSettings(config);
    if (policy === this.carrier) this.#shared = own.settings;
    const settings =
      policy === this.carrier
        ? mergeSettings(this.base, own.settings)
        : mergeSettings(this.base, this.#shared, own.settings);
    return { settings, problems: own.problems };
  }

  /**
   * The engine shows a policy a resource, of any kind. The carrier's settings are needed by policies that meet a resource
   * of their concern before the carrier does, and the images that a program pushes say of themselves what is to come.
   */
  meet(policy: string, resource: Pick<ResourceValidationArgs, "type" | "props" | "getConfig">): void {
    if (policy !== this.carrier) return;
    if (!this.#met) this.#shared = readSettings(resource.getConfig<object>()).settings;
    this.#met = true;
    if (!runtime.isDryRun()) return;
    for (const image of pushedImages(resource.type, resource.props).images) this.#pushed.add(fullName(image));
  }

  /** Whether the program pushes an image in the update that is previewed. */
  willPush(image: string): boolean {
    return this.#pushed.size > 0 && this.#pushed.has(fullName(image));
  }

  /** Whether it is said for the first time in this run: what concerns several policies is told by one of them. */
  isNews(what: readonly string[]): boolean {
    const key = JSON.stringify(what);
    if (this.#reported.has(key)) return false;
    this.#reported.add(key);
    return true;
  }

  review(settings: Settings): ReviewInProgress {
    return new ReviewInProgress(this.inspectorFor(settings), settings.exclude, this.budgetFor(settings));
  }

  budgetFor(settings: Settings): WaitingBudget {
    return (this.#budget ??= new WaitingBudget(settings.timeBudgetSeconds));
  }

  /** Policies whose settings agree share their inspections; others must ask for themselves. */
  inspectorFor(settings: Settings): Inspector {
    const options = {
      insecureRegistries: settings.insecureRegistries,
      mirrors: settings.mirrors,
      sniffLayers: settings.sniffLayers,
      imageTimeoutMs: settings.imageTimeoutSeconds * 1000,
      requestTimeoutMs: settings.requestTimeoutSeconds * 1000,
    };
    const key = JSON.stringify(options);
    let inspector = this.#inspectors.get(key);
    if (inspector === undefined) {
      const gathering = reportsAtEnd() ? { gathering: previewGathering } : {};
      inspector = new Inspector({ ...options, ...gathering });
      this.#inspectors.set(key, inspector);
    }
    return inspector;
  }
}

/** Without the digest where there is a tag: that is what a push names. */
function fullName(image: string): string {
  const reference = referenceIn(image);
  if (reference === undefined) return image;
  const { registry, repository, tag } = withDefaultTag(reference);
  return formatReference(tag === undefined ? reference : { registry, repository, tag });
}
