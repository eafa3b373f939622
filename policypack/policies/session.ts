import { runtime } from "@pulumi/pulumi";
import { Inspector } from "../inspector";
import { mergeSettings, readSettings, type Settings } from "../settings";
import { WaitingBudget } from "../waiting-budget";
import { ReviewInProgress } from "./review";

/**
 * The engine registers a program's resources one after another, some milliseconds apart. A preview awaits its look-ups
 * at the end of the stack only, so those in ECR can wait for each other until then and go out in few calls. A program that
 * stands still for longer, for something that it waits for itself, gives them the time to go.
 */
const previewGathering = { quietMs: 1_000, longestMs: 10_000 };

/**
 * What the policies of one pack share: the settings given once, the inspections, and the time that a run may wait.
 * The first policy of the list carries the shared settings; the engine calls the policies in the list's order.
 */
export class Session {
  readonly #inspectors = new Map<string, Inspector>();
  readonly #reported = new Set<string>();
  #shared: Partial<Settings> = {};
  #budget: WaitingBudget | undefined;

  constructor(private readonly carrier: string) {}

  /** The settings of one policy; each problem is told once a run, at the first workload. */
  settingsOf(policy: string, config: object): { settings: Settings; problems: readonly string[] } {
    const own = readSettings(config);
    if (policy === this.carrier) this.#shared = own.settings;
    const problems = own.problems.filter((problem) => {
      const key = JSON.stringify([policy, problem]);
      return !this.#reported.has(key) && this.#reported.add(key);
    });
    const settings =
      policy === this.carrier ? mergeSettings(own.settings) : mergeSettings(this.#shared, own.settings);
    return { settings, problems };
  }

  review(settings: Settings): ReviewInProgress {
    this.#budget ??= new WaitingBudget(settings.timeBudgetSeconds);
    return new ReviewInProgress(this.#inspectorFor(settings), settings.exclude, this.#budget);
  }

  /** Policies whose settings agree share their inspections; others must ask for themselves. */
  #inspectorFor({ insecureRegistries, mirrors }: Settings): Inspector {
    const key = JSON.stringify([insecureRegistries, mirrors]);
    let inspector = this.#inspectors.get(key);
    if (inspector === undefined) {
      const gathering = runtime.isDryRun() ? { gathering: previewGathering } : {};
      inspector = new Inspector({ insecureRegistries, mirrors, ...gathering });
      this.#inspectors.set(key, inspector);
    }
    return inspector;
  }
}
