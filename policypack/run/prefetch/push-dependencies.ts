import { createHash } from "node:crypto";
import type { PolicyResource, ResourceValidationArgs } from "@pulumi/policy";
import { pushedImages } from "../../builds/pushed-images";
import { formatReference, referenceIn, withDefaultTag } from "../../oci/reference";

/**
 * AWS's own resources push no image while they are created, but for those that run something of the user's choice.
 * Of other packages (docker, docker-build, command, dynamic providers, …) any resource may.
 */
const harmless = /^(?:aws|aws-native|random|tls|pulumi):/;
const runsSomething =
  /^aws(?:-native)?:(?:cloudformation|codebuild|codepipeline|imagebuilder|lambda|ssm|stepfunctions|sfn|batch)[:/]/;

/**
 * Whether an update may push an image before it comes to this resource: one of those that it waits for may do so. What a
 * tag names is then not known before the resource's own turn.
 */
export function mayFollowPush(resource: PolicyResource): boolean {
  const waiting: PolicyResource[] = [resource];
  const met = new Set<string>();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const other of dependenciesOf(next)) {
      if (met.has(other.urn)) continue;
      met.add(other.urn);
      if (mayPush(other.type)) return true;
      waiting.push(other);
    }
  }
  return false;
}

function mayPush(type: string): boolean {
  return !harmless.test(type) || runsSomething.test(type);
}

/** A program's dependencies may be missing: `pulumi policy analyze` and older engines do not show them. */
function dependenciesOf(resource: PolicyResource): PolicyResource[] {
  const { dependencies, propertyDependencies } = resource as Partial<PolicyResource>;
  return [...(dependencies ?? []), ...Object.values(propertyDependencies ?? {}).flat()];
}

/** What a program may push, by the resources that the engine has shown so far: it shows each before it creates it. */
export class Pushes {
  readonly #pushers = new Set<string>();
  readonly #images = new Set<string>();

  see({ type, urn, props }: Pick<ResourceValidationArgs, "type" | "urn" | "props">): void {
    if (!mayPush(type)) return;
    this.#pushers.add(createHash("sha256").update(urn).digest("base64url"));
    for (const image of pushedImages(type, props).images) this.#images.add(taggedName(image));
  }

  /** Hashes of the URNs of all resources that may push. */
  get pushers(): readonly string[] {
    return [...this.#pushers];
  }

  /** Whether a resource names this image as one that it pushes. */
  names(image: string): boolean {
    return this.#images.size > 0 && this.#images.has(taggedName(image));
  }
}

/** Without the digest if there is a tag: that is what a push names. */
function taggedName(image: string): string {
  const reference = referenceIn(image);
  if (reference === undefined) return image;
  const { registry, repository, tag } = withDefaultTag(reference);
  return formatReference(tag === undefined ? reference : { registry, repository, tag });
}
