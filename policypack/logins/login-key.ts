/** How the keys of `auths` and `credHelpers` name registries. None of them is a pattern. */

/** Docker Hub's logins stand under the address of its version 1 registry (docker/cli `file.go`, `authConfigKey`). */
const dockerHubKey = "https://index.docker.io/v1/";

/** docker's key for a registry, which it also passes to credential helpers. */
export function dockerKey(registry: string): string {
  return namesDockerHub(registry) ? dockerHubKey : registry;
}

/**
 * The key that docker finds for a registry: its own, else the first whose host it is.
 * Source: docker/cli `cli/config/credentials/file_store.go`, `Get` and `ConvertToHostname`. For Docker Hub we also take
 * its other names, as Podman does of the same file.
 */
export function findDockerKey(auths: ReadonlyMap<string, unknown>, registry: string): string | undefined {
  const own = dockerKey(registry);
  if (auths.has(own)) return own;
  const isSame = namesDockerHub(registry) ? namesDockerHub : (key: string) => hostOf(key) === registry;
  return [...auths.keys()].find(isSame);
}

/**
 * The key that Podman finds for a repository: the longest that holds it (`quay.io/team/app`, `quay.io/team`, `quay.io`),
 * else a registry's URL.
 * Source: containers/image `pkg/docker/config/config.go`, `authKeysForKey` and `normalizeAuthFileKey`.
 */
export function findPodmanKey(
  auths: ReadonlyMap<string, unknown>,
  registry: string,
  repository: string,
): string | undefined {
  const path = [registry, ...repository.split("/")];
  const held = path.map((_, i) => path.slice(0, path.length - i).join("/")).find((key) => auths.has(key));
  if (held !== undefined) return held;
  const isSame = namesDockerHub(registry)
    ? namesDockerHub
    : (key: string) => key.includes("://") && hostOf(key) === registry;
  return [...auths.keys()].find(isSame);
}

/** Docker Desktop also keeps `…/v1/access-token` and `…/v1/refresh-token`: those are not logins. */
function namesDockerHub(key: string): boolean {
  return /^(?:https?:\/\/)?(?:index\.|registry-1\.)?docker\.io(?:\/v[12])?\/?$/.test(key);
}

/** `host[:port]` of a URL, or of a name without a scheme. Not by `URL`, which drops a default port. */
function hostOf(key: string): string {
  const [, scheme, rest = ""] = /^([a-z][a-z0-9+.-]*:\/\/)?(.*)$/is.exec(key) ?? [];
  if (scheme === undefined) return rest.split("/", 1)[0] ?? "";
  const authority = rest.split(/[/?#]/, 1)[0] ?? "";
  const host = authority.slice(authority.lastIndexOf("@") + 1).replace(/:$/, "");
  // An IPv6 address without its brackets: docker puts them there.
  return host.replace(/^([0-9a-f]*:[0-9a-f:]*):(\d+)$/i, "[$1]:$2");
}
