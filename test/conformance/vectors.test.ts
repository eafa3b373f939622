import assert from "node:assert/strict";
import { choosePlatform, parsePlatform } from "../../policypack/oci/platform";
import { formatReference, parseReference, referenceIn } from "../../policypack/oci/reference";
import { parseChallenges } from "../../policypack/registry/token-client";
import { findDockerKey } from "../../policypack/logins/login-key";

// The cases of other projects' own tests, as facts: each table names its source. What is ours beyond them stands beside each parser's tests.

const identifier = "1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a";
const song = "thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev";
const digest = "sha256:dbcc1c35ac38df41fd2f5e4130b32ffdb93ebae8b3dbe638c23575912276fc9c";

/** distribution/reference `normalize_test.go`: TestValidateReferenceName, TestValidateRemoteName, TestParseRepositoryInfo, TestNormalizedSplitHostname, TestParseAnyReference. */
const fullNames: readonly (readonly [name: string, full: string])[] = [
  ["docker/docker", "docker.io/docker/docker"],
  ["library/debian", "docker.io/library/debian"],
  ["debian", "docker.io/library/debian"],
  ["docker.io/debian", "docker.io/library/debian"],
  ["index.docker.io/docker/docker", "docker.io/docker/docker"],
  ["index.docker.io/library/debian", "docker.io/library/debian"],
  ["index.docker.io/debian", "docker.io/library/debian"],
  ["127.0.0.1:5000/docker/docker", "127.0.0.1:5000/docker/docker"],
  ["127.0.0.1:5000/debian", "127.0.0.1:5000/debian"],
  ["192.168.0.1", "docker.io/library/192.168.0.1"],
  ["192.168.0.1:80", "docker.io/library/192.168.0.1:80"],
  ["192.168.0.1:8/debian", "192.168.0.1:8/debian"],
  ["192.168.0.2:25000/debian", "192.168.0.2:25000/debian"],
  [song, `docker.io/library/${song}`],
  ["[fc00::1]:5000/docker", "[fc00::1]:5000/docker"],
  ["[fc00::1]:5000/docker/docker", "[fc00::1]:5000/docker/docker"],
  ["[fc00:1:2:3:4:5:6:7]:5000/library/debian", "[fc00:1:2:3:4:5:6:7]:5000/library/debian"],
  [`docker.io/${identifier}`, `docker.io/library/${identifier}`],
  ["Docker/docker", "Docker/docker"],
  ["DOCKER/docker", "DOCKER/docker"],
  ["docker-rules/docker", "docker.io/docker-rules/docker"],
  ["docker---rules/docker", "docker.io/docker---rules/docker"],
  ["doc/docker", "docker.io/doc/docker"],
  ["d/docker", "docker.io/d/docker"],
  ["jess/t", "docker.io/jess/t"],
  ["dock__er/docker", "docker.io/dock__er/docker"],
  ["index.docker.io/fooo/bar", "docker.io/fooo/bar"],
  ["nonlibrary/ubuntu", "docker.io/nonlibrary/ubuntu"],
  ["127.0.0.1:8000/private/moonbase", "127.0.0.1:8000/private/moonbase"],
  ["127.0.0.1:8000/privatebase", "127.0.0.1:8000/privatebase"],
  ["example.com/private/moonbase", "example.com/private/moonbase"],
  ["example.com:8000/privatebasee", "example.com:8000/privatebasee"],
  ["index.docker.io/library/ubuntu-12.04-base", "docker.io/library/ubuntu-12.04-base"],
  ["docker.io/library/foo/bar", "docker.io/library/foo/bar"],
  ["store/foo/bar", "docker.io/store/foo/bar"],
  ["Foo/bar", "Foo/bar"],
  ["test_com/foo", "docker.io/test_com/foo"],
  ["test.com:8080/foo", "test.com:8080/foo"],
  ["test-com:8080/foo", "test-com:8080/foo"],
  ["xn--n3h.com:18080/foo", "xn--n3h.com:18080/foo"],
  ["redis:latest", "docker.io/library/redis:latest"],
  [`redis@${digest}`, `docker.io/library/redis@${digest}`],
  [`dmcgowan/myapp@${digest}`, `docker.io/dmcgowan/myapp@${digest}`],
  [`busybox:latest@${digest}`, `docker.io/library/busybox:latest@${digest}`],
  [identifier.slice(1), `docker.io/library/${identifier.slice(1)}`],
  ["dbcc1", "docker.io/library/dbcc1"],
];

/** Of the same tests. */
const refusedNames: readonly string[] = [
  "https://github.com/docker/docker",
  "docker/Docker",
  "-docker",
  "-docker/docker",
  "-docker.io/docker/docker",
  "docker///docker",
  "docker.io/docker/Docker",
  "docker.io/docker///docker",
  "[fc00::1]",
  "[fc00::1]:5000",
  "fc00::1:5000/debian",
  "[fe80::1%eth0]:5000/debian",
  "[2001:db8:3:4::192.0.2.33]:5000/debian",
  identifier,
  "docker-/docker",
  "-docker-/docker",
  "____/____",
  "_docker/_docker",
  "dock..er/docker",
  "dock_.er/docker",
  "dock-.er/docker",
  "docker/",
  `${"this_is_not_a_valid_namespace_because_its_lenth_is_greater_than_255_".repeat(4)}/docker`,
  "-foo",
  "busybox:-foo",
];

/** docker/cli `cli/config/credentials/file_store_test.go`, TestConvertToHostname: the host that a key of `auths` means. */
const keysOfHosts: readonly (readonly [key: string, host: string])[] = [
  ["127.0.0.1", "127.0.0.1"],
  ["[::1]", "[::1]"],
  ["example.com", "example.com"],
  ["http://example.com", "example.com"],
  ["https://example.com", "example.com"],
  ["https://example.com/", "example.com"],
  ["https://example.com/v2/", "example.com"],
  ["ftp://example.com", "example.com"],
  ["127.0.0.1:6556", "127.0.0.1:6556"],
  ["[::1]:6556", "[::1]:6556"],
  ["example.com:6555", "example.com:6555"],
  ["https://127.0.0.1:6555/v2/", "127.0.0.1:6555"],
  ["https://::1:6555/v2/", "[::1]:6555"],
  ["https://[::1]:6555/v2/", "[::1]:6555"],
  ["http://example.com:6555", "example.com:6555"],
  ["https://example.com:6555/v2/", "example.com:6555"],
];

/** containerd/platforms `compare_test.go`, TestOnly: what a host runs, and what it does not. */
const armUpTo = (latest: number) =>
  ["v5", "v6", "v7", "v8"].slice(0, latest - 4).map((variant) => `linux/arm/${variant}`);
const windows = ["windows/amd64", "windows/arm"];
const runs: readonly (readonly [host: string, yes: readonly string[], no: readonly string[]])[] = [
  [
    "linux/amd64",
    ["linux/amd64", "linux/386"],
    ["linux/amd64/v2", "linux/arm/v7", "linux/arm64", ...windows],
  ],
  [
    "linux/amd64/v2",
    ["linux/amd64", "linux/amd64/v1", "linux/amd64/v2", "linux/386"],
    ["linux/amd64/v3", "linux/amd64/v4", "linux/arm/v7", "linux/arm64", ...windows],
  ],
  ["linux/386", ["linux/386"], ["linux/amd64", "linux/arm/v7", "linux/arm64", ...windows]],
  ["windows/amd64", ["windows/amd64"], ["linux/amd64", "linux/arm/v7", "linux/arm64", "windows/arm"]],
  ["linux/arm/v8", ["linux/arm", ...armUpTo(8)], ["linux/amd64", "linux/arm/v4", "linux/arm64", ...windows]],
  [
    "linux/arm/v7",
    ["linux/arm", ...armUpTo(7)],
    ["linux/amd64", "linux/arm/v4", "linux/arm/v8", "linux/arm64", ...windows],
  ],
  [
    "linux/arm/v6",
    armUpTo(6),
    ["linux/amd64", "linux/arm", "linux/arm/v4", "linux/arm/v7", "linux/arm/v8", "linux/arm64", ...windows],
  ],
  [
    "linux/arm/v5",
    armUpTo(5),
    ["linux/amd64", "linux/arm", "linux/arm/v4", "linux/arm/v6", "linux/arm/v7", "linux/arm64", ...windows],
  ],
  ["linux/arm/v4", ["linux/arm/v4"], ["linux/amd64", "linux/arm", ...armUpTo(8), "linux/arm64", ...windows]],
  [
    "linux/arm64/v9",
    [
      "linux/arm",
      ...armUpTo(8),
      "linux/arm64",
      "linux/arm64/v8",
      ...[1, 2, 3, 4, 5].map((minor) => `linux/arm64/v8.${minor}`),
      "linux/arm64/v9",
      "linux/arm64/v9.0",
    ],
    ["linux/amd64", "linux/arm/v4", "linux/arm64/v8.6", ...windows],
  ],
  [
    "linux/arm64/v8.1",
    ["linux/arm", ...armUpTo(8), "linux/arm64", "linux/arm64/v8", "linux/arm64/v8.1"],
    ["linux/amd64", "linux/arm/v4", "linux/arm/v9", "linux/arm64/v9", ...windows],
  ],
  [
    "linux/arm64",
    ["linux/arm", ...armUpTo(8), "linux/arm64", "linux/arm64/v8"],
    ["linux/amd64", "linux/arm/v4", "linux/arm/v9", "linux/arm64/v9", ...windows],
  ],
];

describe("the vectors of", () => {
  for (const [name, full] of fullNames)
    it(`distribution/reference: ${name} is ${full}`, () => {
      assert.equal(formatReference(parseReference(name)), full);
    });

  for (const name of refusedNames)
    it(`distribution/reference: ${name} is refused`, () => {
      assert.equal(referenceIn(name), undefined);
    });

  for (const [key, host] of keysOfHosts)
    it(`docker: a login for ${key} is one for ${host}`, () => {
      assert.equal(findDockerKey(new Map([[key, {}]]), host), key);
      assert.equal(findDockerKey(new Map([[key, {}]]), "other.example"), undefined);
    });

  for (const [host, yes, no] of runs)
    it(`containerd: ${host} runs ${yes.join(", ")} and no others`, () => {
      const chosen = (offered: string) =>
        choosePlatform([{ platform: parsePlatform(offered) }], parsePlatform(host));
      assert.deepEqual(
        [...yes, ...no].filter((offered) => chosen(offered) !== undefined),
        yes,
      );
    });

  // distribution/distribution `internal/client/auth/challenge/authchallenge_test.go`, TestAuthChallengeParse.
  it("distribution: a challenge with a token and escapes among its params", () => {
    const field = String.raw`Bearer realm="https://auth.example.com/token",service="registry.example.com",other=fun,slashed="he\"\l\lo"`;
    const [challenge, ...others] = parseChallenges([field]);
    assert.equal(others.length, 0);
    assert.equal(challenge?.scheme, "bearer");
    assert.deepEqual(Object.fromEntries(challenge.params), {
      realm: "https://auth.example.com/token",
      service: "registry.example.com",
      other: "fun",
      slashed: 'he"llo',
    });
  });
});
