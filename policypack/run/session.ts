import type {
  EnforcementLevel,
  PolicyResource,
  ResourceValidationArgs,
  ResourceValidationPolicy,
} from "@pulumi/policy";
import { saveDocuments } from "../cache/documents";
import { cacheInUse, type CacheOptions } from "../cache/location";
import { type Clock, systemClock } from "../common/concurrency";
import { unreadParts } from "../inspection/inspected-image";
import { Inspector, type InspectorOptions, type Statistics, total } from "../inspection/inspector";
import { madeOnce } from "../common/values";
import { formatPlatform } from "../oci/platform";
import { isSecretType, mayConcern } from "../program/secrets";
import { mergeSettings, readSettings, type Settings } from "../settings";
import { Pushes } from "./prefetch/push-dependencies";
import { StackPrefetch } from "./prefetch/stack-prefetch";
import { Progress, WaitingBudget } from "./progress";
import { NamedTaskDefinitions } from "./named-task-definitions";
import { type Inspected, PullThroughRules } from "./pull-through-rules";
import { configuredLevels, isPreview, isServedByEngine, reportsAtEnd } from "./pulumi-run";
import { type ReadWorkload, type Review, ReviewInProgress, SharedLookups } from "./review";
import { StackProgram } from "./stack-program";
import { ViolationSummary } from "./violation-summary";

/**
 * The engine registers a program's resources one after another, some milliseconds apart. A preview awaits its lookups
 * at the end of the stack only, so those in ECR can wait for each other until then and go out in few calls, and repositories for each
 * other's tokens. A program that stands still for longer, for something that it waits for itself, gives them the time to go.
 */
const previewGathering = { quietMs: 1_000, longestMs: 10_000 };

/**
 * What the policies of one pack share: the settings given once, the inspections, and the time that a run may wait.
 * The first policy of the list carries the shared settings; the engine calls the policies in the list's order.
 */
export class Session {
  /** The images of resources, whatever the settings. */
  readonly workloads: SharedReading<ReadWorkload> = new SharedReading();
  /** The resources of a previewed program and how they belong together. */
  readonly program: StackProgram = new StackProgram();
  readonly taskDefinitions: NamedTaskDefinitions;
  /** What the policies reported. */
  readonly violations: ViolationSummary = new ViolationSummary();
  /** As of the last resource, by policy: an engine gives a policy the same configuration with each. */
  readonly #configured = new Map<string, Configured>();
  readonly #inspectors = new Map<string, Inspector>();
  readonly #inspectorOf = new WeakMap<Settings, Inspector>();
  readonly #lookups = new Map<Inspector, SharedLookups>();
  readonly #reported = new Set<string>();
  readonly #pushes = new Pushes();
  readonly #secrets: unknown[] = [];
  readonly #pullThrough = new PullThroughRules();
  readonly #handOver = new StackPrefetch(this.#pushes);
  readonly #progress: Progress;
  #shared: Partial<Settings> = {};
  readonly #levels = new Map<string, EnforcementLevel>();
  readonly #active = new Set<string>();
  readonly #closed = new Set<string>();
  readonly #unverified = new Set<string>();
  #budget: WaitingBudget | undefined;
  #summary = true;

  /** @param base what a pack sets in its code; the engine's configuration comes on top */
  constructor(
    private readonly sharedSettingsPolicy: string,
    private readonly base: Partial<Settings> = {},
    private readonly clock: Clock = systemClock,
  ) {
    this.taskDefinitions = new NamedTaskDefinitions(clock);
    const say = (line: string) => {
      if (isServedByEngine()) console.log(line);
    };
    this.#progress = new Progress(() => this.#statistics(), say, clock);
  }

  /** The settings of one policy, and what is wrong with those that stand on it. */
  settingsOf(policy: string, config: object): Pick<Configured, "settings" | "problems"> {
    const text = JSON.stringify(config);
    const known = this.#configured.get(policy);
    if (known?.text === text && known.shared === this.#shared) return known;
    const { settings: own, problems } = readSettings(config);
    if (policy === this.sharedSettingsPolicy) this.#shared = own;
    const shared = this.#shared;
    const settings =
      policy === this.sharedSettingsPolicy
        ? mergeSettings(this.base, own)
        : mergeSettings(this.base, shared, own);
    const configured = { text, shared, settings, problems };
    this.#configured.set(policy, configured);
    return configured;
  }

  /** Whether a message is new in this run: one of several policies reports what concerns them all. */
  firstTime(what: readonly string[]): boolean {
    const key = JSON.stringify(what);
    if (this.#reported.has(key)) return false;
    this.#reported.add(key);
    return true;
  }

  /**
   * The engine shows a policy a resource, of any kind. Policies may need the shared settings before the policy that carries them
   * gets a resource. The resources also show which images the program pushes, and the first one starts the prefetch. Any policy
   * may be disabled, the one with the shared settings too: the engine does not call it then.
   */
  onResource(policy: string, resource: Omit<ResourceValidationArgs, "notApplicable">): void {
    if (this.#active.size === 0) {
      const { settings } = this.settingsOf(policy, resource.getConfig<object>());
      this.#handOver.take(this.inspectorFor(settings), cacheOf(settings), settings.exclude);
    }
    this.#active.add(policy);
    // Once for each resource: the first of the called policies gets them all.
    const [first] = this.#active;
    if (policy !== first) return;
    this.#pushes.see(resource);
    this.#handOver.nextResource();
    this.taskDefinitions.see(resource);
    if (reportsAtEnd()) this.program.see(resource);
    this.#pullThrough.see(resource);
    if (isPreview() && isSecretType(resource.type)) this.#secrets.push(resource.props);
  }

  /** Whether the engine calls a policy in this run: it does so for each resource, of any kind. */
  isActive(policy: string): boolean {
    return this.#active.has(policy);
  }

  /** Takes the levels that the policies have if the configuration gives none. */
  setLevels(policies: readonly Pick<ResourceValidationPolicy, "name" | "enforcementLevel">[]): void {
    for (const { name, enforcementLevel } of policies) this.#levels.set(name, enforcementLevel ?? "advisory");
  }

  /** The level of a policy in this run; undefined if the configuration is not known, or the policy is disabled. */
  levelOf(policy: string): "advisory" | "mandatory" | undefined {
    const configured = configuredLevels();
    const level = configured === "unknown" ? undefined : (configured.get(policy) ?? this.#levels.get(policy));
    if (level === undefined || level === "disabled") return undefined;
    // A policy that cannot remediate blocks.
    return level === "advisory" ? level : "mandatory";
  }

  /** Whether the program pushes an image in the update that is previewed. */
  willPush(image: string): boolean {
    return isPreview() && this.#pushes.names(image);
  }

  /** Whether a registry has an image, as far as the run has seen, or will have it by this update. */
  hasImage(image: string): boolean {
    return this.#pullThrough.holds(image) || this.willPush(image);
  }

  /**
   * Whether the program may make or change a secret. An update shows a resource before it shows what comes after, so there it may;
   * `pulumi policy analyze` makes nothing.
   */
  mayMakeSecret(secret: string): boolean {
    return !reportsAtEnd() || this.#secrets.some((props) => mayConcern(props, secret));
  }

  review(settings: Settings): ReviewInProgress {
    const inspector = this.inspectorFor(settings);
    const answers = this.#handOver.answers(inspector);
    const imported = async (inspected: Inspected) =>
      this.willPush(inspected.image)
        ? inspected.inspection
        : this.#pullThrough.imported(inspected, answers, inspector);
    const lookups = this.#lookups.get(inspector) ?? new SharedLookups();
    this.#lookups.set(inspector, lookups);
    return new ReviewInProgress(answers, settings, this.budgetFor(settings), imported, lookups);
  }

  budgetFor({ timeBudgetSeconds, summary }: Settings): WaitingBudget {
    this.#summary = summary;
    return (this.#budget ??= new WaitingBudget(timeBudgetSeconds, this.clock));
  }

  /** What a policy waits for; a line reports it if that takes long. */
  during<T>(work: Promise<T>): Promise<T> {
    return this.#progress.during(work);
  }

  /** The images of a stack whose preview ends: its next run looks them up at its start. */
  saveImages(review: ReviewInProgress, resources: readonly PolicyResource[]): void {
    if (isPreview()) this.#handOver.saveImages(review, resources);
  }

  /** Counts the images that could not be read, for the last line of the run: the policy that reports them may be disabled. */
  countUnverified({ images }: Review): void {
    for (const { image, platform, inspection } of images)
      if (unreadParts(inspection).length > 0 && !this.willPush(image))
        this.#unverified.add(JSON.stringify([image, formatPlatform(platform)]));
  }

  /** A policy has judged the stack. The last policy to do so reports the cost of the run, and the findings of all. */
  close(policy: string): void {
    this.#handOver.close();
    // The engine ends the process with the answer to the last policy.
    saveDocuments();
    this.#closed.add(policy);
    if (this.#summary && this.#closed.size >= this.#active.size)
      this.#progress.close({ unverified: this.#unverified.size, found: this.violations.line });
  }

  /** Policies with the same settings share their inspections; others have their own. */
  inspectorFor(settings: Settings): Inspector {
    return madeOnce(this.#inspectorOf, settings, () => {
      const options = inspectorOptions(settings);
      return madeOnce(this.#inspectors, JSON.stringify(options), () => {
        const gathering = reportsAtEnd() && { gathering: previewGathering };
        return new Inspector({ ...options, ...gathering, clock: this.clock });
      });
    });
  }

  #statistics(): Statistics {
    const { requests } = this.taskDefinitions;
    const inspected = [...this.#inspectors.values()].map(({ statistics }) => statistics);
    return total([...inspected, { images: 0, remaining: 0, requests, cacheHits: 0 }]);
  }
}

/** The settings of a policy, and the texts that they were read from. */
interface Configured {
  readonly text: string;
  readonly shared: Partial<Settings>;
  readonly settings: Settings;
  /** What is wrong with the policy's own. */
  readonly problems: readonly string[];
}

/** What an inspector takes of the settings. Settings that agree in it can share an inspector. */
export function inspectorOptions(settings: Settings): InspectorOptions {
  return {
    insecureRegistries: settings.insecureRegistries,
    mirrors: settings.mirrors,
    awsIdentities: settings.awsIdentities,
    sniffLayers: settings.sniffLayers,
    imageTimeoutMs: settings.imageTimeoutSeconds * 1000,
    requestTimeoutMs: settings.requestTimeoutSeconds * 1000,
    cache: cacheOf(settings),
  };
}

/** The cache of a run, by its settings and the environment; false for none. */
function cacheOf({ cache }: Settings): false | CacheOptions {
  const { enabled = true, directory, maxMegabytes } = cache;
  if (!enabled) return false;
  return cacheInUse({
    ...(directory !== undefined && { directory }),
    ...(maxMegabytes !== undefined && { maxBytes: maxMegabytes * 1024 * 1024 }),
  });
}

/**
 * What one policy reads of a resource, for the others: the engine shows a resource to all policies of a pack before it shows
 * them the next, each time as an object of its own. A policy that gets the same resource once more reads it again.
 */
export class SharedReading<T> {
  readonly #readers = new Set<string>();
  #last: { readonly urn: string; readonly value: T } | undefined;

  of(policy: string, urn: string, read: () => T): T {
    if (this.#last?.urn !== urn || this.#readers.has(policy)) {
      this.#readers.clear();
      this.#last = { urn, value: read() };
    }
    this.#readers.add(policy);
    return this.#last.value;
  }
}
