import type { ResourceValidationArgs } from "@pulumi/policy";
import { type EcrHost, parseEcrHost } from "../aws/ecr-hosts";
import { lacksLibrary, type PullThroughRule, upstreamOf } from "../aws/pull-through";
import type { Failure, Outcome } from "../common/outcome";
import type { Inspection, Inspector } from "../inspection/inspector";
import { formatReference, type Reference, referenceIn, withDefaultTag } from "../oci/reference";
import { mayBeOf, type PlacedRule, pullThroughRuleOf } from "../program/pull-through";
import type { ReaderIdentity } from "../registry/reader-identity";
import type { Platform } from "../oci/platform";

/** An inspected image, and who read it. */
export interface Inspected {
  readonly image: string;
  readonly platform: Platform;
  readonly reader: ReaderIdentity;
  readonly inspection: Inspection;
}

/**
 * The pull through cache rules that a run knows: those that its program makes, and those of each registry, which ECR lists once, and only if
 * an image is missing there.
 */
export class PullThroughRules {
  readonly #ofProgram: PlacedRule[] = [];
  readonly #listed = new Map<string, Promise<Outcome<readonly PullThroughRule[]>>>();
  readonly #held = new Set<string>();

  /** Whether a registry was seen to have an image, as far as this run has looked. */
  holds(image: string): boolean {
    return this.#held.has(image);
  }

  see({ type, props, provider }: Pick<ResourceValidationArgs, "type" | "props" | "provider">): void {
    const rule = pullThroughRuleOf(type, props, provider?.props);
    if (rule !== undefined) this.#ofProgram.push(rule);
  }

  /**
   * The inspection of the upstream image, if the image is missing because a pull through cache has not imported it yet. If a part of it is
   * missing for that reason, that part is unverified: the upstream's tag may name another image by now.
   */
  async imported(
    { image, platform, reader, inspection }: Inspected,
    inspector: Pick<Inspector, "inspect">,
    rules: Pick<Inspector, "pullThroughRules">,
  ): Promise<Inspection> {
    const missing = missingIn(inspection);
    if (inspection.ok && missing === undefined) this.#held.add(image);
    const reference = missing === undefined ? undefined : referenceIn(image);
    const host = reference === undefined ? undefined : parseEcrHost(reference.registry);
    if (reference === undefined || host === undefined) return inspection;
    let upstream = upstreamOf(
      reference,
      this.#ofProgram.filter((rule) => mayBeOf(rule, host)),
    );
    if (upstream === undefined) {
      const listed = await this.#list(host, () => rules.pullThroughRules(reference, reader));
      if (!listed.ok) return changeMissing(inspection, (failed) => withoutRules(failed, listed.failure));
      upstream = upstreamOf(reference, listed.value);
    }
    if (upstream === undefined) return inspection;
    if (missing === "part") return changeMissing(inspection, notImported);
    if (lacksLibrary(upstream))
      return changeMissing(inspection, (failed) => withoutLibrary(failed, reference));
    return inspector.inspect(formatReference(withDefaultTag({ ...reference, ...upstream })), platform);
  }

  #list(
    { account, region }: EcrHost,
    read: () => Promise<Outcome<readonly PullThroughRule[]>>,
  ): Promise<Outcome<readonly PullThroughRule[]>> {
    const key = `${account}/${region}`;
    const listed = this.#listed.get(key) ?? read();
    this.#listed.set(key, listed);
    return listed;
  }
}

/** Whether the registry does not have the image, or not a part of it. An image whose own document was read has predictions. */
function missingIn(inspection: Inspection): "image" | "part" | undefined {
  if (inspection.ok) return inspection.value.unread.some(isMissing) ? "part" : undefined;
  if (!isMissing(inspection.failure)) return undefined;
  return inspection.predictions === undefined ? "image" : "part";
}

function isMissing({ kind, proves }: Failure): boolean {
  return kind === "missing" && proves === undefined;
}

/** The inspection with other words for what is missing. */
function changeMissing(inspection: Inspection, change: <T extends Failure>(failed: T) => T): Inspection {
  const changed = <T extends Failure>(failed: T): T => (isMissing(failed) ? change(failed) : failed);
  return inspection.ok
    ? { ...inspection, value: { ...inspection.value, unread: inspection.value.unread.map(changed) } }
    : { ...inspection, failure: changed(inspection.failure) };
}

function withoutRules<T extends Failure>(failed: T, { message }: Failure): T {
  return {
    ...failed,
    message: `${failed.message}; the pull through cache rules could not be read: ${message}`,
  };
}

/** The failure for an official image: its full name at Docker Hub has one more part. */
function withoutLibrary<T extends Failure>(failed: T, reference: Reference): T {
  const repository = reference.repository.replace(/[^/]*$/, "library/$&");
  return {
    ...failed,
    message: `${failed.message}; the pull through cache finds official images of Docker Hub by their full name only`,
    fix: `write ${formatReference({ ...reference, repository })}`,
  };
}

function notImported<T extends Failure>(failed: T): T {
  return {
    ...failed,
    kind: "unsupported",
    message: `not imported yet: the pull through cache has only a part of this image (${failed.message})`,
    fix: "pull the image once through the cache, for the platform of the task",
  };
}
