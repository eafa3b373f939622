/** How a registry differs from the specifications, and what the guard does about it. */
export interface Quirk {
  readonly id: string;
  readonly registry: string;
  readonly does: string;
  readonly guard: string;
  /** Where we learnt it. */
  readonly source: string;
}

/** One row of `docs/registries.md` each. `test/registry/quirks.test.ts` imitates each by its id. */
export const quirks: readonly Quirk[] = [
  {
    id: "hub-host",
    registry: "Docker Hub",
    does: "serves `docker.io` at `registry-1.docker.io`",
    guard: "sends its requests there",
    source: "https://github.com/Deepomatic/dmake/pull/327",
  },
  {
    id: "hub-library",
    registry: "Docker Hub",
    does: "issues a token without access for an official image that is named without `library/`",
    guard: "uses the full name",
    source: "https://github.com/distribution/distribution/issues/1203",
  },
  {
    id: "hub-key",
    registry: "Docker Hub",
    does: "has its logins in docker's configuration under `https://index.docker.io/v1/`",
    guard: "looks there first, then under its other names",
    source: "https://github.com/docker/compose/pull/13120",
  },
  {
    id: "hub-token",
    registry: "Docker Hub",
    does: "issues a token for any repository, and then rejects it if the repository does not exist",
    guard: "renews the token once, then reports that the image is missing or needs a login",
    source: "https://github.com/docker/hub-feedback/issues/1771",
  },
  {
    id: "google-user",
    registry: "Google Artifact Registry",
    does: "accepts a whole JSON key as the password of the user `_json_key`",
    guard: "sends the key unchanged, with its line ends, quotes and colons",
    source: "https://github.com/Dokploy/dokploy/issues/3935",
  },
  {
    id: "google-denied",
    registry: "Google Artifact Registry",
    does: "denies the token for a missing repository: `DENIED … (or it may not exist)`",
    guard: "reports `denied`, with Google's message",
    source: "https://github.com/GoogleContainerTools/skaffold/issues/6743",
  },
  {
    id: "ghcr-missing",
    registry: "GHCR",
    does: "denies an anonymous token for a private or missing package, with 401 or 403",
    guard: "reports that the image does not exist or needs a login",
    source: "https://github.com/openai/tunnel-client/issues/75",
  },
  {
    id: "ghcr-outdated",
    registry: "GHCR",
    does: "denies even public packages to an expired login",
    guard: "does not retry anonymously; names the login in the message, so that you can renew or remove it",
    source: "https://github.com/secureCodeBox/secureCodeBox/issues/2574",
  },
  {
    id: "ghcr-lifetime",
    registry: "GHCR",
    does: "does not say when a token expires",
    guard: "uses it for a minute, as the token specification says",
    source:
      "https://toddysm.com/2024/02/12/authenticating-with-oci-registries-github-container-registry-ghcr-implementation",
  },
  {
    id: "quay-scope",
    registry: "Quay",
    does: "omits the scope from its challenge, or does not quote it",
    guard: "reads both, and requests the scope of the repository",
    source: "https://github.com/fluxcd/flux/pull/123",
  },
  {
    id: "quay-robot",
    registry: "Quay",
    does: "has robot accounts named `namespace+name`",
    guard: "sends the name unchanged",
    source: "https://docs.quay.io/glossary/robot-accounts.html",
  },
  {
    id: "quay-missing",
    registry: "Quay",
    does: "answers 401 for a repository that does not exist",
    guard: "reports `denied`: the repository does not exist, or the login may not pull from it",
    source: "https://github.com/quay/quay/pull/1054",
  },
  {
    id: "gitlab-realm",
    registry: "GitLab",
    does: "has its token service, `/jwt/auth`, on another host than the registry",
    guard: "sends the registry's login there if that host is as secure and as public as the registry",
    source: "https://gitlab.com/gitlab-org/omnibus-gitlab/issues/2783",
  },
  {
    id: "azure-refresh",
    registry: "Azure Container Registry",
    does: "logs in with a refresh token, under a user name of zeros",
    guard: "sends the refresh token to the token service, and reads `access_token`",
    source: "https://azure.github.io/acr/AAD-OAuth.html",
  },
  {
    id: "azure-storage",
    registry: "Azure Container Registry",
    does: "redirects blobs to storage that answers 400 to an `Authorization` header",
    guard: "does not send the header to another origin",
    source: "https://github.com/Azure/acr/issues/217",
  },
  {
    id: "artifactory-scope",
    registry: "Artifactory",
    does: "names a scope without the repository key that its proxy removed from the path",
    guard: "requests the scope of the full path, and the challenge's scope if that token is rejected",
    source: "https://github.com/oras-project/oras-go/issues/650",
  },
  {
    id: "artifactory-no-scope",
    registry: "Artifactory",
    does: "omits the scope from its challenge",
    guard: "requests the scope of the repository",
    source: "https://github.com/containerd/containerd/issues/3556",
  },
  {
    id: "harbor-robot",
    registry: "Harbor",
    does: "has robot accounts named `robot$project+name`",
    guard: "sends the name unchanged",
    source:
      "https://goharbor.io/docs/2.3.0/working-with-projects/project-configuration/create-robot-accounts/",
  },
  {
    id: "harbor-missing",
    registry: "Harbor",
    does: "issues a token for a missing repository of a proxy project, then answers 401",
    guard: "renews the token once, then reports `denied`",
    source: "https://github.com/goharbor/harbor/issues/22363",
  },
  {
    id: "ecr-public-scope",
    registry: "ECR Public",
    does: "names the scope `aws` in every challenge",
    guard: "requests the scope of the repository",
    source: "https://github.com/SgtSilvio/gradle-oci/pull/141",
  },
  {
    id: "nexus-scheme",
    registry: "Nexus",
    does: "writes the scheme of its challenge in capitals: `BASIC`",
    guard: "ignores the case of schemes (RFC 9110 §11.1)",
    source: "https://github.com/devcontainers/cli/pull/884",
  },
];
