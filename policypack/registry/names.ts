/**
 * The parts of an image name that end up in a registry's URLs, checked at the rim: nothing may get there that a
 * reference parser would not have let through.
 * Source: distribution-spec, "Pulling manifests".
 */
export function isRepository(text: string): boolean {
  return /^[a-z0-9]+(?:(?:[._]|__|-+|\/)[a-z0-9]+)*$/.test(text);
}

export function isTag(text: string): boolean {
  return /^\w[\w.-]{0,127}$/.test(text);
}
