import assert from "node:assert/strict";
import { parseReference } from "../../policypack/oci/reference";
import { registryPlace } from "../../policypack/oci/registry-name";
import { quirks } from "../../scripts/registry-quirks";
import { sendError, sendJson, type TestRegistry } from "../../support/registry/registry";
import { entry, Home, userOf } from "../../support/registry/logins";
import { assertFails, at, bench, manifest, manifestType, valueOf } from "../../support/registry/client";

const scope = (repository: string) => `repository:${repository}:pull`;
const login = { username: "ci", password: "password" };

describe("the quirks of registries", () => {
  const { start, connect } = bench();

  /** A registry with team/app:1; of a string challenge `URL` stands for the registry. */
  async function filled(options: Parameters<typeof start>[0], challenge?: string): Promise<TestRegistry> {
    const registry = await start(options);
    registry.putManifest("team/app", "1", manifestType, manifest);
    if (challenge !== undefined)
      registry.onRequest = (request, response) => {
        if (request.headers.authorization !== undefined || request.url!.startsWith("/token")) return false;
        response.setHeader("www-authenticate", challenge.replace("URL", registry.url));
        sendError(response, 401, "UNAUTHORIZED", "authentication required");
        return true;
      };
    return registry;
  }

  /** Pulls team/app:1 as this user, or as nobody. */
  const pull = (registry: TestRegistry, user?: typeof login | { identityToken: string }) =>
    connect({ credentials: () => Promise.resolve(user) }).manifest(at(registry, "team/app"), "1");

  const scopesOf = (registry: TestRegistry) =>
    registry.requestsTo("/token").map(({ url }) => new URL(url, registry.url).searchParams.get("scope"));

  /** The token service refuses everybody in this way. */
  const refusing =
    (status: number, code: string, message: string): TestRegistry["onRequest"] =>
    (request, response) => {
      if (!request.url!.startsWith("/token")) return false;
      sendError(response, status, code, message);
      return true;
    };

  /** Every token is refused. */
  async function alwaysUnauthorized(user?: typeof login): Promise<void> {
    const registry = await filled({ access: { mode: "bearer" } });
    registry.onRequest = (request, response) => {
      if (request.url!.startsWith("/token")) return false;
      response.setHeader(
        "www-authenticate",
        `Bearer realm="${registry.url}/token",scope="${scope("team/app")}"`,
      );
      sendError(response, 401, "UNAUTHORIZED", "access to the requested resource is not authorized");
      return true;
    };
    assertFails(await pull(registry, user), "denied", /it does not exist(,| or)/);
    assert.equal(registry.requestsTo("/token").length, 2);
  }

  async function sendsName(username: string): Promise<void> {
    const user = { username, password: "s" };
    valueOf(await pull(await filled({ access: { mode: "bearer", login: user } }), user));
  }

  async function asksForOwnScope(challenge: string): Promise<void> {
    const registry = await filled({ access: { mode: "bearer" } }, challenge);
    valueOf(await pull(registry));
    assert.deepEqual(scopesOf(registry), [scope("team/app")]);
  }

  const imitations: Readonly<Record<string, () => unknown>> = {
    "hub-host": () => {
      for (const name of ["nginx", "docker.io/library/nginx", "index.docker.io/library/nginx"])
        assert.equal(registryPlace(parseReference(name).registry)?.authority, "registry-1.docker.io");
    },
    "hub-library": () => {
      for (const name of ["nginx", "docker.io/nginx", "docker.io/library/nginx"])
        assert.equal(parseReference(name).repository, "library/nginx");
    },
    "hub-key": async () => {
      const home = await Home.create();
      const auths = { "docker.io": entry("new"), "https://index.docker.io/v1/": entry("legacy") };
      await home.write(".docker/config.json", { auths });
      assert.equal(await userOf(home.source(), "docker.io"), "legacy");
      await home.remove();
    },
    "hub-token": () => alwaysUnauthorized(),
    "google-user": async () => {
      const password = JSON.stringify(
        { type: "service_account", private_key: "-----\nA:b==\n" },
        undefined,
        2,
      );
      const user = { username: "_json_key", password };
      valueOf(await pull(await filled({ access: { mode: "bearer", login: user } }), user));
    },
    "google-denied": async () => {
      const registry = await filled({ access: { mode: "bearer" } });
      registry.onRequest = refusing(
        403,
        "DENIED",
        'Permission "x" denied on resource "y" (or it may not exist)',
      );
      assertFails(await pull(registry, login), "denied", /\(HTTP 403\).*\(or it may not exist\)/);
    },
    "ghcr-missing": async () => {
      for (const status of [401, 403]) {
        const registry = await filled({ access: { mode: "bearer" } });
        registry.onRequest = refusing(status, "DENIED", "denied");
        assertFails(await pull(registry), "denied", /the image does not exist or needs a login$/);
      }
    },
    "ghcr-outdated": async () => {
      const registry = await filled({ access: { mode: "bearer" } });
      registry.onRequest = refusing(403, "DENIED", "denied");
      assertFails(await pull(registry, login), "denied", /does not accept the credentials/);
      assert.deepEqual(
        registry.log.map(({ authorization }) => authorization),
        [undefined, "basic"],
      );
    },
    "ghcr-lifetime": async () => {
      const registry = await filled({ access: { mode: "bearer" } });
      const digest = registry.putBlob("team/app", "{}");
      const client = connect();
      valueOf(await client.manifest(at(registry, "team/app"), "1"));
      valueOf(await client.blob(at(registry, "team/app"), digest, 10));
      assert.equal(registry.requestsTo("/token").length, 1);
    },
    "quay-scope": async () => {
      await asksForOwnScope('Bearer realm="URL/token",service="quay.io"');
      await asksForOwnScope(`Bearer realm="URL/token",service="quay.io",scope=${scope("team/app")}`);
    },
    "quay-robot": () => sendsName("company+deploy"),
    "quay-missing": () => alwaysUnauthorized(login),
    "gitlab-realm": async () => {
      const gitlab = await start();
      gitlab.onRequest = (request, response) => {
        sendJson(response, 200, {
          token: `for-${request.headers.authorization ?? "nobody"}`.replace(" ", "-"),
        });
        return true;
      };
      const registry = await filled({});
      registry.onRequest = (request, response) => {
        if (request.headers.authorization?.startsWith("Bearer for-Basic-") === true) return false;
        const realm = `${gitlab.url}/jwt/auth`;
        response.setHeader("www-authenticate", `Bearer realm="${realm}",service="container_registry"`);
        sendError(response, 401, "UNAUTHORIZED", "authentication required");
        return true;
      };
      valueOf(await pull(registry, login));
      assert.deepEqual(
        gitlab.log.map(({ url, authorization }) => [url.split("?")[0], authorization]),
        [["/jwt/auth", "basic"]],
      );
    },
    "azure-refresh": async () => {
      const registry = await filled({
        access: { mode: "bearer", identityToken: "refresh", accessToken: true },
      });
      const home = await Home.create();
      const zeros = Buffer.from("00000000-0000-0000-0000-000000000000:").toString("base64");
      const auths = { [registry.host]: { auth: zeros, identitytoken: "refresh" } };
      await home.write(".docker/config.json", { auths });
      const client = connect({ credentials: home.source() });
      valueOf(await client.manifest(at(registry, "team/app"), "1"));
      assert.equal(registry.requestsTo("/token")[0]?.method, "POST");
      await home.remove();
    },
    "azure-storage": async () => {
      const registry = await filled({ access: { mode: "bearer" } });
      const storage = await start();
      const digest = storage.putBlob("c", "{}");
      storage.onRequest = ({ headers }, response) => {
        if (headers.authorization !== undefined) response.writeHead(400).end();
        return headers.authorization !== undefined;
      };
      registry.onRequest = ({ url, headers }, response) => {
        if (!url!.includes("/blobs/") || headers.authorization === undefined) return false;
        response.writeHead(307, { location: `${storage.url}/v2/c/blobs/${digest}?sig=s` }).end();
        return true;
      };
      valueOf(await connect().blob(at(registry, "team/app"), digest, 10));
    },
    "artifactory-scope": async () => {
      const registry = await filled({});
      const tokens = new Map<string, string | null>();
      registry.onRequest = ({ url, headers }, response) => {
        if (url!.startsWith("/token")) {
          const token = `t${tokens.size}`;
          tokens.set(token, new URL(url!, registry.url).searchParams.get("scope"));
          sendJson(response, 200, { token });
          return true;
        }
        if (tokens.get(headers.authorization?.slice("Bearer ".length) ?? "") === scope("app")) return false;
        response.setHeader(
          "www-authenticate",
          `Bearer realm="${registry.url}/token",scope="${scope("app")}"`,
        );
        sendError(response, 401, "UNAUTHORIZED", "authentication is required");
        return true;
      };
      valueOf(await pull(registry, login));
      assert.deepEqual([...tokens.values()], [scope("team/app"), scope("app")]);
    },
    "artifactory-no-scope": () => asksForOwnScope('Bearer realm="URL/token",service="artifactory.example"'),
    "harbor-robot": () => sendsName("robot$project+deploy"),
    "harbor-missing": () => alwaysUnauthorized(),
    "ecr-public-scope": () =>
      asksForOwnScope('Bearer realm="URL/token",service="public.ecr.aws",scope="aws"'),
    "nexus-scheme": async () => {
      const registry = await filled({ access: { mode: "basic", ...login } }, 'BASIC realm="Nexus"');
      valueOf(await pull(registry, login));
    },
  };

  for (const { id, registry, does } of quirks)
    it(`${id}: ${registry} ${does}`, async () => {
      await imitations[id]!();
    });

  it("are each imitated by a test", () => {
    assert.deepEqual(quirks.map(({ id }) => id).sort(), Object.keys(imitations).sort());
  });
});
