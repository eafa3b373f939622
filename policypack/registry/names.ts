import { failure, type Outcome } from "../oci/failure";
import { printable } from "../oci/text";

/**
 * The parts of an image name that end up in a registry's URLs, checked at the rim: nothing may get there that a
 * reference parser would not have let through.
 * Source: distribution-spec, "Pulling manifests".
 */
function isRepository(text: string): boolean {
  return /^[a-z0-9]+(?:(?:[._]|__|-+|\/)[a-z0-9]+)*$/.test(text);
}

export function isTag(text: string): boolean {
  return /^\w[\w.-]{0,127}$/.test(text);
}

/** The failure of a name that cannot be asked for; undefined for one that can. */
export function checkName({ repository }: { readonly repository: string }): Outcome<never> | undefined {
  return isRepository(repository) ? undefined : illegal(repository);
}

export function illegal(text: string): Outcome<never> {
  return failure("invalid-reference", `"${printable(text, 100)}" cannot be part of an image name`);
}
