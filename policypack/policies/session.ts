import { Inspector } from "../inspector";
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
  #shared: Partial<Settings> = {};
  #budget: WaitingBudget | undefined;

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
    return new ReviewInProgress(this.#inspectorFor(settings), settings.exclude, this.#budget);
  }

  /** Policies whose settings agree share their inspections; others must ask for themselves. */
  #inspectorFor(settings: Settings): Inspector {
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
