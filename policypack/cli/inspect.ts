import { groupBy } from "../common/values";
import { TraceLog } from "../common/trace";
import { type Inspection, Inspector, type InspectorOptions } from "../inspection/inspector";
import type { ImageFinding } from "../policies/definition";
import { judgeTasks } from "../run/findings";
import { WaitingBudget } from "../run/progress";
import { PullThroughRules } from "../run/pull-through-rules";
import { inspectorOptions } from "../run/session";
import type { RuntimeName } from "../runtimes/predict";
import type { Settings } from "../settings";
import type { PolicyInForce } from "./configuration";
import { type Subject, type Subjects, withExemptions } from "./subjects";
import { judged, judgedPlace, type JudgedName, overdue, type PolicyView } from "./verdict";

export interface InspectOptions {
  readonly policies: readonly PolicyInForce[];
  /** In place of those of ECS; empty: none. */
  readonly runtimes: readonly RuntimeName[];
  /** Each image gets an inspector of its own, so that the steps of several do not mix. */
  readonly explain: boolean;
  /** False: keeps nothing on disk, and reads nothing kept. */
  readonly cache: boolean;
  /** Milliseconds of the whole run, if a configuration limits it. */
  readonly budgetSeconds: number | undefined;
  /** Called each time that an image is decided. */
  readonly onDecided: () => void;
  /** Called with the results before connections are closed. */
  readonly onJudged: (results: readonly JudgedName[]) => void;
}

/** Inspects every image once, side by side, and judges it as the pack would. Never rejects for what a registry does. */
export async function inspectAll({ images, places }: Subjects, options: InspectOptions): Promise<void> {
  const budget = options.budgetSeconds === undefined ? undefined : new WaitingBudget(options.budgetSeconds);
  const pullThrough = new PullThroughRules();
  const opened: Inspectors[] = [];
  const open = (trace?: TraceLog) => {
    const inspectors = new Inspectors(options.cache, trace);
    opened.push(inspectors);
    return inspectors;
  };
  const shared = open();
  const policies = options.policies.filter(({ level }) => level !== "disabled");
  try {
    const inspected = await Promise.all(
      images.map(async (subject) => {
        const trace = options.explain ? new TraceLog() : undefined;
        const inspectors = trace === undefined ? shared : open(trace);
        const read = readingOf(subject, { inspectors, budget, pullThrough });
        const views = await viewsOf(subject, policies, read);
        const { image, platform, uses } = subject;
        const result = judged({
          image,
          platform,
          runtimes: options.runtimes,
          users: uses.flatMap(({ user }) => user ?? []),
          views,
          ...(trace && { steps: trace.steps }),
        });
        options.onDecided();
        return { image, views, result };
      }),
    );
    addFindingsOfTasks(inspected.flatMap(({ image, views }) => views.map((view) => ({ image, view }))));
    const results = inspected.map(({ result }) => result());
    const unreadable = places.map(({ workload, use }) => judgedPlace(workload, use, policies));
    options.onJudged([...results, ...unreadable]);
  } finally {
    await Promise.all(opened.map((inspectors) => inspectors.close()));
  }
}

interface Means {
  readonly inspectors: Inspectors;
  readonly budget: WaitingBudget | undefined;
  readonly pullThrough: PullThroughRules;
}

type View = PolicyView & { readonly ofTasks: ImageFinding[] };

/** Adds what each policy says of the images of each task together. */
function addFindingsOfTasks(views: readonly { readonly image: string; readonly view: View }[]): void {
  const judging = views.filter(({ view }) => view.definition.judgeTask !== undefined);
  for (const [{ judgeTask }, own] of groupBy(judging, ({ view: { definition } }) => definition)) {
    const images = own.flatMap(({ image, view }) => {
      const { inspection, uses } = view;
      const users = uses.flatMap(({ user }) => user ?? []);
      return inspection === undefined ? [] : [{ image, inspection, users, view }];
    });
    for (const { finding, images: ofTask } of judgeTasks(images, judgeTask))
      ofTask.find(({ image }) => image === finding.image)?.view.ofTasks.push(finding);
  }
}

type Reading = (settings: Settings) => Promise<Inspection>;

/** Reads an image, once for all policies that share an inspector. */
function readingOf(
  { image, platform, credentialsParameter }: Subject,
  { inspectors, budget, pullThrough }: Means,
): Reading {
  const reader = credentialsParameter === undefined ? {} : { credentialsParameter };
  const known = new Map<Inspector, Promise<Inspection>>();
  const read = async (inspector: Inspector): Promise<Inspection> => {
    const inspection = await inspector.inspect(image, platform, reader);
    return pullThrough.imported({ image, platform, reader, inspection }, inspector, inspector);
  };
  return (settings) => {
    const inspector = inspectors.for(settings);
    let reading = known.get(inspector);
    if (reading === undefined) {
      reading = read(inspector);
      if (budget !== undefined) reading = budget.wait(reading, overdue(budget.seconds));
      known.set(inspector, reading);
    }
    return reading;
  };
}

/** What each policy sees of an image: policies with the same settings see the same. */
async function viewsOf(subject: Subject, policies: readonly PolicyInForce[], read: Reading): Promise<View[]> {
  const settingsInForce = new Set(policies.map(({ settings }) => settings));
  const seen = new Map(
    await Promise.all(
      Array.from(settingsInForce, async (settings): Promise<[Settings, Seen]> => {
        const { uses, exempt } = withExemptions(subject, settings);
        return [settings, { uses, exempt, inspection: uses.length > 0 ? await read(settings) : undefined }];
      }),
    ),
  );
  return policies.flatMap((policy) => {
    const own = seen.get(policy.settings);
    return own === undefined ? [] : [{ ...policy, ...own, ofTasks: [] }];
  });
}

type Seen = Pick<PolicyView, "uses" | "exempt" | "inspection">;

/** Policies whose settings agree share an inspector. */
class Inspectors {
  readonly #bySettings = new Map<Settings, Inspector>();
  readonly #byOptions = new Map<string, Inspector>();

  constructor(
    private readonly cache: boolean,
    private readonly trace: TraceLog | undefined,
  ) {}

  for(settings: Settings): Inspector {
    let inspector = this.#bySettings.get(settings);
    if (inspector === undefined) this.#bySettings.set(settings, (inspector = this.#agreeing(settings)));
    return inspector;
  }

  #agreeing(settings: Settings): Inspector {
    const options: InspectorOptions = {
      ...inspectorOptions(settings),
      ...(this.cache ? {} : { cache: false }),
    };
    const key = JSON.stringify(options);
    let inspector = this.#byOptions.get(key);
    if (inspector === undefined) {
      // The steps are those of the first: a second reading of the same image would show them twice.
      const trace = this.#byOptions.size === 0 && this.trace !== undefined ? { trace: this.trace } : {};
      inspector = new Inspector({ ...options, ...trace });
      this.#byOptions.set(key, inspector);
    }
    return inspector;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#byOptions.values()].map((inspector) => inspector.close()));
  }
}
