import { today } from "../common/dates";
import { type Exemption, findExemption } from "../exemptions/exemptions";
import type { Inspector, Inspection } from "../inspection/inspector";
import { type Failure, failure, type Outcome } from "../common/outcome";
import { formatPlatform, type Platform } from "../oci/platform";
import { referenceIn } from "../oci/reference";
import { type ReaderIdentity, resolveIdentity } from "../registry/reader-identity";
import type { Exclusion, Settings } from "../settings";
import type { ImageUse, UnreadableUse, WorkloadImages } from "../workloads/image-use";
import type { NamedTaskDefinition } from "../workloads";
import type { WaitingBudget } from "./progress";
import type { Inspected } from "./pull-through-rules";

/** The Pulumi resource that runs the images. */
export interface Workload {
  readonly urn: string;
  readonly name: string;
  readonly images: WorkloadImages;
  /** Which they stand in, if the resource only names it: `web:7`. */
  readonly taskDefinition?: string;
  /** Whose credentials deploy it, and so read its images in private ECR; and where. */
  readonly reader?: Omit<ReaderIdentity, "credentialsParameter">;
  /** The exemption that the resource's own tag gives it, where the configuration allows that. */
  readonly exclusion?: Exclusion;
}

/** The images of a resource, whatever the settings. */
export interface ReadWorkload extends Pick<Workload, "images" | "reader"> {
  /** The task definitions that it names. */
  readonly names: readonly NamedTaskDefinition[];
}

/** A task definition as ECS describes it. */
export type DescribedTaskDefinition = Required<Pick<Workload, "taskDefinition" | "images">>;

/** A task definition that a workload names, and that could not be read. */
export interface UnreadTaskDefinition {
  readonly workload: Workload;
  readonly named: NamedTaskDefinition;
  readonly failure: Failure;
}

/** One image for one platform, and every container of the reviewed workloads that runs it. */
export interface ReviewedImage {
  readonly image: string;
  readonly platform: Platform;
  readonly users: readonly { readonly workload: Workload; readonly use: ImageUse }[];
  readonly inspection: Inspection;
}

/** What the policies judge: the images of one workload (update) or of the whole program (preview). */
export interface Review {
  readonly images: readonly ReviewedImage[];
  /** Exempt images, and those whose exemption has ended. */
  readonly exempt: readonly {
    readonly workload: Workload;
    readonly use: ImageUse | Pick<UnreadableUse, "container" | "path">;
    readonly exemption: Exemption;
  }[];
  readonly unreadable: readonly { readonly workload: Workload; readonly use: UnreadableUse }[];
  readonly unread: readonly UnreadTaskDefinition[];
}

/** An image that is looked up for the policies of a run. */
interface LookedUpImage extends Omit<ReviewedImage, "users" | "inspection"> {
  readonly reader: ReaderIdentity;
  readonly inspection: Promise<Inspection>;
  /** Equal for uses that share a result and a message. */
  readonly key: string;
  /** Where a policy has waited for it: the inspection that all judge. */
  outcome?: Inspection;
}

export interface PendingImage extends Pick<LookedUpImage, "image" | "platform" | "reader"> {
  readonly users: { workload: Workload; use: ImageUse }[];
  readonly looked: LookedUpImage;
}

/** The lookups of one inspector, by container: the policies of a pack are shown the same ones. */
export class SharedLookups {
  readonly #known = new WeakMap<
    ImageUse,
    { readonly by: Workload["reader"]; readonly looked: LookedUpImage }
  >();

  of(use: ImageUse, by: Workload["reader"], look: () => LookedUpImage): LookedUpImage {
    const known = this.#known.get(use);
    // Workloads of different readers may name one task definition.
    if (known !== undefined && known.by === by) return known.looked;
    const looked = look();
    this.#known.set(use, { by, looked });
    return looked;
  }
}

/** Collects workloads, and starts the lookup of each image at once; `settle` waits for the results. */
export class ReviewInProgress {
  readonly #images = new Map<string, PendingImage>();
  readonly #exempt: Review["exempt"][number][] = [];
  readonly #unreadable: Review["unreadable"][number][] = [];
  readonly #unread: UnreadTaskDefinition[] = [];
  readonly #described: Promise<void>[] = [];

  constructor(
    private readonly inspector: Pick<Inspector, "inspect" | "hurry">,
    private readonly settings: Pick<Settings, "exclude" | "awsIdentities">,
    private readonly budget: WaitingBudget,
    /** Looks behind a pull through cache, if an image is missing there. */
    private readonly imported: (inspected: Inspected) => Promise<Inspection> = ({ inspection }) =>
      Promise.resolve(inspection),
    private readonly lookups: SharedLookups = new SharedLookups(),
  ) {}

  add(workload: Workload): void {
    const { uses, unreadable } = workload.images;
    for (const use of unreadable)
      if (!this.#isExempt(workload, use)) this.#unreadable.push({ workload, use });
    for (const use of uses) if (!this.#isExempt(workload, use, use.image)) this.#look(workload, use);
  }

  /** Adds the images of a task definition that a workload names, once ECS has described it. */
  describe(
    workload: Workload,
    named: NamedTaskDefinition,
    work: () => Promise<Outcome<DescribedTaskDefinition>>,
  ): void {
    const exemption = this.#exemptionOf(workload);
    if (exemption?.state === "in-force") {
      this.#exempt.push({ workload, use: { path: named.path }, exemption });
      return;
    }
    this.#described.push(
      this.budget.wait(work(), this.#overdue()).then((found) => {
        if (found.ok) this.add({ ...workload, ...found.value });
        else this.#unread.push({ workload, named, failure: found.failure });
      }),
    );
  }

  /** Notes the exemption, also one that has ended. */
  #isExempt(workload: Workload, use: ImageUse | UnreadableUse, image?: string): boolean {
    const exemption = this.#exemptionOf(workload, image);
    if (exemption !== undefined) this.#exempt.push({ workload, use, exemption });
    return exemption?.state === "in-force";
  }

  #exemptionOf({ urn, name, exclusion }: Workload, image?: string): Exemption | undefined {
    const { exclude } = this.settings;
    const exclusions = exclusion === undefined ? exclude : [...exclude, exclusion];
    if (exclusions.length === 0) return undefined;
    const reference = image === undefined ? undefined : referenceIn(image);
    return findExemption(exclusions, { image, reference, resource: { name, urn } }, today());
  }

  #overdue(): Outcome<never> {
    return failure("timeout", `the time budget of ${this.budget.seconds} s for this run was used up first`);
  }

  /** The images whose lookup was started. */
  get pending(): readonly PendingImage[] {
    return [...this.#images.values()];
  }

  async settle(): Promise<Review> {
    this.inspector.hurry();
    await Promise.all(this.#described);
    const overdue = this.#overdue();
    const images = await Promise.all(
      [...this.#images.values()].map(async ({ looked, ...image }) => ({
        ...image,
        inspection: looked.outcome ?? (await this.budget.wait(this.#outcomeOf(looked), overdue)),
      })),
    );
    return { images, exempt: this.#exempt, unreadable: this.#unreadable, unread: this.#unread };
  }

  async #outcomeOf(looked: LookedUpImage): Promise<Inspection> {
    return (looked.outcome = await this.imported({ ...looked, inspection: await looked.inspection }));
  }

  #look(workload: Workload, use: ImageUse): void {
    const looked = this.lookups.of(use, workload.reader, () => this.#lookUp(use, workload.reader));
    const { key, image, platform, reader } = looked;
    const pending = this.#images.get(key);
    if (pending !== undefined) pending.users.push({ workload, use });
    else this.#images.set(key, { image, platform, reader, looked, users: [{ workload, use }] });
  }

  #lookUp({ image, platform, credentialsParameter }: ImageUse, by: Workload["reader"]): LookedUpImage {
    const reader = {
      ...by,
      ...(credentialsParameter !== undefined && { credentialsParameter }),
    };
    // Readers with the same access share a result and a message: an AWS identity does not matter at Docker Hub.
    const registry = referenceIn(image)?.registry;
    const identity =
      registry === undefined ? "" : resolveIdentity(registry, reader, this.settings.awsIdentities).key;
    const key = JSON.stringify([image, formatPlatform(platform), identity]);
    return { key, image, platform, reader, inspection: this.inspector.inspect(image, platform, reader) };
  }
}
