import { runtime } from "@pulumi/pulumi";
import { Inspector } from "../inspector";
import { mergeSettings, readSettings, type Settings } from "../settings";
import { WaitingBudget } from "../waiting-budget";
import { ReviewInProgress } from "./review";

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
  #noted = false;
  #budget: WaitingBudget | undefined;

  constructor(private readonly carrier: string) {}

  /** The settings of one policy; each problem is told once a run, at the first workload. */
  settingsOf(policy: string, config: object): { settings: Settings; problems: readonly string[] } {
    const { settings, problems } = this.#read(policy, config);
    const fresh = problems.filter((problem) => {
      const key = JSON.stringify([policy, problem]);
      return !this.#reported.has(key) && this.#reported.add(key);
    });
    return { settings, problems: fresh };
  }

  /** The same where no problem can be told; it will be told later. */
  settingsAlone(policy: string, config: object): Settings {
    return this.#read(policy, config).settings;
  }

  #read(policy: string, config: object): { settings: Settings; problems: readonly string[] } {
    const own = readSettings(config);
    if (policy === this.carrier) this.#shared = own.settings;
    const settings =
      policy === this.carrier ? mergeSettings(own.settings) : mergeSettings(this.#shared, own.settings);
    return { settings, problems: own.problems };
  }

  /** A policy may meet its first resource before the one that carries what they share meets its own. */
  note(policy: string, config: () => object): void {
    if (policy !== this.carrier || this.#noted) return;
    this.#noted = true;
    this.#shared = readSettings(config()).settings;
  }

  review(settings: Settings): ReviewInProgress {
    return new ReviewInProgress(this.inspectorFor(settings), settings.exclude, this.budgetFor(settings));
  }

  budgetFor(settings: Settings): WaitingBudget {
    return (this.#budget ??= new WaitingBudget(settings.timeBudgetSeconds));
  }

  /** Policies whose settings agree share their inspections; others must ask for themselves. */
  inspectorFor({ insecureRegistries, mirrors }: Settings): Inspector {
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
