/** The address of a registry or mirror, as its name gives it. */
export interface RegistryPlace {
  /** The name that people know it by; for messages, and the key of its credentials. */
  readonly name: string;
  /** `host[:port]` of its URLs. */
  readonly authority: string;
  /** What a mirror's entry puts before the repository, without slashes at its ends; "" for none. */
  readonly prefix: string;
}

/** The place behind a registry's name, or a mirror's `host[:port][/prefix]`; undefined if it does not name a host. */
export function registryPlace(entry: string): RegistryPlace | undefined {
  const [name = "", ...prefix] = entry
    .replace(/^https?:\/\//i, "")
    .replace(/\/+$/, "")
    .split("/");
  const authority = isDockerHub(name) ? "registry-1.docker.io" : name;
  if (!/^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d+)?$/i.test(authority)) return undefined;
  return URL.canParse(`https://${authority}`) ? { name, authority, prefix: prefix.join("/") } : undefined;
}

/** A registry's name as its settings key: people also write it as a URL, or Docker Hub by its older name. */
export function bareName(entry: string): string {
  const bare = entry
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, "")
    .replace(/\/+$/, "");
  return isDockerHub(bare) ? "docker.io" : bare;
}

/** Whether what people write names a registry: a `host[:port]`, which a mirror's `/prefix` may follow. */
export function isRegistryName(
  entry: string,
  { prefixed = false }: { readonly prefixed?: boolean } = {},
): boolean {
  const place = registryPlace(bareName(entry));
  return place !== undefined && (prefixed || place.prefix === "");
}

/** Docker Hub's registry does not live at the domain of its images' names. */
function isDockerHub(name: string): boolean {
  return /^(?:index\.)?docker\.io$/i.test(name);
}
