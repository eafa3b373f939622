import type { PolicyResource } from "@pulumi/policy";
import { cacheInUse } from "../cache/place";
import { StackRecord } from "../cache/stacks";
import { total } from "../inspections";
import { Inspector } from "../inspector";
import { mergeSettings, readSettings, type Settings } from "../settings";
import { WaitingBudget } from "../waiting-budget";
import { HandOver, toHandOver } from "./hand-over";
import { Progress } from "./progress";
import { mayFollowPush } from "./pushers";
import { type Review, ReviewInProgress } from "./review";
import { isServedByEngine, reportsAtEnd, stackName } from "./run-mode";

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
  #shared: Partial<Settings> = {};
  #budget: WaitingBudget | undefined;
  /** Null: this run has none. */
  #handOver: HandOver | null | undefined;
  #leftBehind = false;
  readonly #progress = new Progress(
    () => total([...this.#inspectors.values()].map(({ statistics }) => statistics)),
    isServedByEngine()
      ? (line) => {
          console.log(line);
        }
      : () => undefined,
  );

  /** @param base what a pack sets in its code; the engine's configuration comes on top */
  constructor(
    private readonly carrier: string,
    private readonly base: Partial<Settings> = {},
  ) {}

  /** The settings of one policy; each problem is told once a run, at the first workload. */
  settingsOf(policy: string, config: object): { settings: Settings; problems: readonly string[] } {
    const own = readSettings(config);
    if (policy === this.carrier) this.#shared = own.settings;
    const problems = own.problems.filter((problem) => this.isNews([policy, problem]));
    const settings =
      policy === this.carrier
        ? mergeSettings(this.base, own.settings)
        : mergeSettings(this.base, this.#shared, own.settings);
    return { settings, problems };
  }

  /** Whether it is said for the first time in this run: what concerns several policies is told by one of them. */
  isNews(what: readonly string[]): boolean {
    const key = JSON.stringify(what);
    if (this.#reported.has(key)) return false;
    this.#reported.add(key);
    return true;
  }

  review(settings: Settings): ReviewInProgress {
    this.#budget ??= new WaitingBudget(settings.timeBudgetSeconds);
    const inspector = this.#inspectorFor(settings);
    const answers = this.#handOver?.inspector === inspector ? this.#handOver : inspector;
    return new ReviewInProgress(answers, settings.exclude, this.#budget);
  }

  /** The answers that a review waits for; people are told when that takes long. */
  settle(review: ReviewInProgress): Promise<Review> {
    return this.#progress.during(review.settle());
  }

  /** The engine calls for a resource of any kind: an update then asks for all that its preview met. */
  entered(policy: string, config: () => object): void {
    if (reportsAtEnd()) return;
    if (this.#handOver === undefined) {
      const { settings: own } = readSettings(config());
      const shared = policy === this.carrier ? {} : this.#shared;
      this.#handOver = this.#takeOver(mergeSettings(this.base, shared, own));
    }
    this.#handOver?.entered();
  }

  /** The engine goes on. */
  left(): void {
    this.#handOver?.left();
  }

  /** What a preview's update may look up before it comes to the resources: images that nothing pushes before. */
  leaveBehind(review: ReviewInProgress, resources: readonly PolicyResource[]): void {
    if (this.#leftBehind) return;
    this.#leftBehind = true;
    const awaiting = new Set(resources.filter(mayFollowPush).map(({ urn }) => urn));
    const images = review.pending
      .filter(({ users }) => !users.some(({ workload }) => awaiting.has(workload.urn)))
      .map(toHandOver)
      .filter((image) => image !== undefined);
    this.#record()?.leave(images);
  }

  /** The run's last word. */
  close(): void {
    this.#progress.close();
  }

  #takeOver(settings: Settings): HandOver | null {
    const images = this.#record()?.read() ?? [];
    return images.length === 0 ? null : new HandOver(this.#inspectorFor(settings), images, settings.exclude);
  }

  #record(): StackRecord | undefined {
    const cache = cacheInUse();
    const stack = stackName();
    return cache === false || stack === undefined ? undefined : StackRecord.of(stack, cache);
  }

  /** Policies whose settings agree share their inspections; others must ask for themselves. */
  #inspectorFor(settings: Settings): Inspector {
    const options = {
      insecureRegistries: settings.insecureRegistries,
      mirrors: settings.mirrors,
      sniffLayers: settings.sniffLayers,
      imageTimeoutMs: settings.imageTimeoutSeconds * 1000,
      requestTimeoutMs: settings.requestTimeoutSeconds * 1000,
      cache: cacheInUse(),
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
