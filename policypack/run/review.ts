import { today } from "../common/dates";
import { type Exemption, findExemption } from "../exemptions/exemptions";
import type { Inspector, Inspection } from "../inspection/inspector";
import { failure } from "../common/outcome";
import { formatPlatform, type Platform } from "../oci/platform";
import { referenceIn } from "../oci/reference";
import { type ReaderIdentity, resolveIdentity } from "../registry/reader-identity";
import type { Exclusion, Settings } from "../settings";
import type { ImageUse, UnreadableUse, WorkloadImages } from "../workloads/image-use";
import type { WaitingBudget } from "./progress";

/** The Pulumi resource that runs the images. */
export interface Workload {
  readonly urn: string;
  readonly name: string;
  readonly images: WorkloadImages;
  /** Whose credentials deploy it, and so read its images in private ECR; and where. */
  readonly reader?: Omit<ReaderIdentity, "credentialsParameter">;
  /** The exemption that the resource's own tag gives it, where the configuration allows that. */
  readonly exclusion?: Exclusion;
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
  /** Images that are left alone, and those that would be, had their exemption not ended. */
  readonly exempt: readonly {
    readonly workload: Workload;
    readonly use: ImageUse | UnreadableUse;
    readonly exemption: Exemption;
  }[];
  readonly unreadable: readonly { readonly workload: Workload; readonly use: UnreadableUse }[];
}

export interface PendingImage extends Omit<ReviewedImage, "users" | "inspection"> {
  readonly users: { workload: Workload; use: ImageUse }[];
  readonly inspection: Promise<Inspection>;
}

/** Collects workloads, starting the look-up of each image at once; `settle` waits for the answers. */
export class ReviewInProgress {
  readonly #images = new Map<string, PendingImage>();
  readonly #exempt: Review["exempt"][number][] = [];
  readonly #unreadable: Review["unreadable"][number][] = [];

  constructor(
    private readonly inspector: Pick<Inspector, "inspect" | "hurry">,
    private readonly settings: Pick<Settings, "exclude" | "awsIdentities">,
    private readonly budget: WaitingBudget,
  ) {}

  add(workload: Workload): void {
    const { uses, unreadable } = workload.images;
    for (const use of unreadable)
      if (!this.#isExempt(workload, use)) this.#unreadable.push({ workload, use });
    for (const use of uses) if (!this.#isExempt(workload, use, use.image)) this.#look(workload, use);
  }

  /** Notes the exemption, also one that has ended. */
  #isExempt(workload: Workload, use: ImageUse | UnreadableUse, image?: string): boolean {
    const { urn, name, exclusion } = workload;
    const { exclude } = this.settings;
    const exclusions = exclusion === undefined ? exclude : [...exclude, exclusion];
    const reference = image === undefined ? undefined : referenceIn(image);
    const exemption = findExemption(exclusions, { image, reference, resource: { name, urn } }, today());
    if (exemption !== undefined) this.#exempt.push({ workload, use, exemption });
    return exemption?.state === "in-force";
  }

  /** The images whose look-up was started. */
  get pending(): readonly PendingImage[] {
    return [...this.#images.values()];
  }

  async settle(): Promise<Review> {
    this.inspector.hurry();
    const overdue = failure(
      "timeout",
      `the time budget of ${this.budget.seconds} s for this run was used up first`,
    );
    const images = await Promise.all(
      [...this.#images.values()].map(async (pending) => ({
        ...pending,
        inspection: await this.budget.wait(pending.inspection, overdue),
      })),
    );
    return { images, exempt: this.#exempt, unreadable: this.#unreadable };
  }

  #look(workload: Workload, use: ImageUse): void {
    const { image, platform, credentialsParameter } = use;
    const reader = {
      ...workload.reader,
      ...(credentialsParameter !== undefined && { credentialsParameter }),
    };
    // Those who read a registry alike get one answer, and one block: an AWS identity says nothing at Docker Hub.
    const registry = referenceIn(image)?.registry;
    const by =
      registry === undefined ? "" : resolveIdentity(registry, reader, this.settings.awsIdentities).key;
    const key = JSON.stringify([image, formatPlatform(platform), by]);
    const pending = this.#images.get(key);
    if (pending !== undefined) pending.users.push({ workload, use });
    else
      this.#images.set(key, {
        image,
        platform,
        users: [{ workload, use }],
        inspection: this.inspector.inspect(image, platform, reader),
      });
  }
}
