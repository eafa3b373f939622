import assert from "node:assert/strict";
import fc from "fast-check";
import type { InspectorOptions } from "../../policypack/inspection/inspector";
import type { Credential } from "../../policypack/logins/credential";
import { dummyKeys, FakeEcr, json, useAwsEnvironment } from "../../support/aws/fake-ecr";
import { buildImage, pushImage } from "../../support/registry/images";
import { sendError, sendJson, TestRegistry } from "../../support/registry/registry";
import { base64 } from "../../support/registry/logins";
import { explain } from "../../support/registry/explained";

const mixed = buildImage({ layers: ["gzip", "zstd"], family: "docker" });
const host = "123456789012.dkr.ecr.eu-west-3.amazonaws.com";

interface Secrets {
  readonly password: string;
  readonly identityToken: string;
  readonly signature: string;
}

interface Scene {
  readonly image: string;
  readonly options: InspectorOptions;
}

/** Sets a registry up so that as much as possible of the secrets goes over the wire, and comes back. */
type Scenario = (registry: TestRegistry, ecr: FakeEcr, secrets: Secrets) => Scene;

function asking(registry: TestRegistry, credential: Credential): Scene {
  return {
    image: `${registry.host}/app:1`,
    options: { credentials: () => Promise.resolve(credential) },
  };
}

const scenarios: Readonly<Record<string, Scenario>> = {
  "a right password": (registry, _, { password }) => {
    const login = { username: "ci", password };
    registry.access = { mode: "bearer", login };
    return asking(registry, login);
  },
  "a wrong password": (registry, _, { password }) => {
    registry.access = { mode: "basic", username: "ci", password: "other" };
    return asking(registry, { username: "ci", password });
  },
  "an identity token": (registry, _, { identityToken }) => {
    registry.access = { mode: "bearer", identityToken };
    return asking(registry, { identityToken });
  },
  "a wrong identity token that is repeated": (registry, _, { identityToken }) => {
    registry.access = { mode: "bearer", identityToken: "other" };
    registry.onRequest = (request, response) => {
      if (!request.url!.startsWith("/token")) return false;
      sendJson(response, 401, { details: `bad token ${identityToken}` });
      return true;
    };
    return asking(registry, { identityToken });
  },
  "a token service that gives a secret for a token": (registry, _, { password, identityToken }) => {
    registry.access = { mode: "bearer" };
    registry.onRequest = (request, response) => {
      if (request.url!.startsWith("/token")) sendJson(response, 200, { token: identityToken });
      else if (request.headers.authorization === undefined) return false;
      else sendError(response, 403, "DENIED", `${request.headers.authorization} ${password}`);
      return true;
    };
    return asking(registry, { username: "ci", password });
  },
  "a realm with secrets in it": (registry, _, { password, signature }) => {
    const realm = `http://u:${encodeURIComponent(password)}@${registry.host}/token?key=${encodeURIComponent(signature)}`;
    registry.access = { mode: "bearer", realm };
    return asking(registry, { username: "ci", password });
  },
  "a challenge that repeats the password": (registry, _, { password }) => {
    registry.access = { mode: "bearer", login: { username: "ci", password } };
    registry.onRequest = (request, response) => {
      if (request.headers.authorization !== undefined) return false;
      const scope = encodeURIComponent(password);
      response.setHeader(
        "www-authenticate",
        `Bearer realm="${registry.url}/token/${scope}",service="${scope}",scope="${scope}"`,
      );
      sendError(response, 401, "UNAUTHORIZED", password);
      return true;
    };
    return asking(registry, { username: "ci", password });
  },
  "redirects that repeat the password and are presigned": (registry, _, { password, signature }) => {
    const login = { username: "ci", password };
    registry.access = { mode: "basic", ...login };
    registry.onRequest = (request, response) => {
      if (!request.headers.authorization || request.url!.includes("/moved")) return false;
      const [shown, signed] = [password, signature].map(encodeURIComponent);
      const location = `/moved/${shown}/x?service=${shown}&scope=${shown}&X-Amz-Signature=${signed}&${shown}=1`;
      response.writeHead(307, { location }).end();
      return true;
    };
    return asking(registry, login);
  },
  "a mirror with a login": (registry, _, { password }) => {
    registry.access = { mode: "basic", username: "ci", password };
    const scene = asking(registry, { username: "ci", password });
    return {
      ...scene,
      options: { ...scene.options, mirrors: { [registry.host]: [`${registry.host}/hub`] } },
    };
  },
  "private ECR": (_registry, ecr, { signature, password }) => {
    ecr.handle = (seen, response) => {
      if (seen.what === "BatchGetImage") {
        const imageId = { imageTag: "1", imageDigest: mixed.digest };
        const imageManifest = Buffer.from(mixed.manifest).toString("utf8");
        json(response, { images: [{ imageId, imageManifest, imageManifestMediaType: mixed.mediaType }] });
      } else if (seen.what === "GetDownloadUrlForLayer") {
        const signed = encodeURIComponent(signature);
        json(response, { downloadUrl: `${ecr.url}/layers/1?X-Amz-Signature=${signed}` });
      } else response.writeHead(403).end(signature);
    };
    return {
      image: `${host}/app:1`,
      options: { credentials: () => Promise.resolve({ username: "AWS", password }) },
    };
  },
};

/** Every text in a value, and the text itself. */
function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}

describe("what is explained", () => {
  const ecr = new FakeEcr();
  let registry: TestRegistry;
  before(async () => {
    await ecr.start();
    registry = await TestRegistry.start();
    pushImage(registry, "app", "1", mixed);
  });
  useAwsEnvironment(() => ({
    ...dummyKeys,
    AWS_SESSION_TOKEN: "planted-session-token",
    AWS_ENDPOINT_URL_ECR: ecr.url,
    AWS_MAX_ATTEMPTS: "1",
  }));
  after(async () => {
    await ecr.stop();
    await registry.stop();
  });

  // Printable ASCII, as passwords are; the beginning keeps them from being words of the output.
  const secret = (name: string) =>
    fc.string({ unit: "grapheme-ascii", minLength: 6, maxLength: 40 }).map((text) => `pl~${name}${text}`);
  const opaque = fc.stringMatching(/^[A-Za-z0-9._~+/-]{6,60}$/).map((text) => `pl~t${text}`);

  for (const [what, scenario] of Object.entries(scenarios))
    it(`holds no secret of ${what}`, async () => {
      await fc.assert(
        fc.asyncProperty(secret("p"), opaque, secret("s"), async (password, identityToken, signature) => {
          registry.onRequest = undefined;
          registry.access = { mode: "none" };
          const secrets = { password, identityToken, signature };
          const { image, options } = scenario(registry, ecr, secrets);
          const { steps, text, inspection } = await explain(image, options);
          assert.ok(steps.length > 2, "something was told");
          const told = [...textsOf(steps), ...textsOf(inspection), text].join("\n");
          const planted = [
            password,
            identityToken,
            signature,
            base64(`ci:${password}`),
            dummyKeys.AWS_SECRET_ACCESS_KEY,
          ];
          for (const one of [...planted, "planted-session-token", dummyKeys.AWS_ACCESS_KEY_ID, "token-"])
            for (const form of [one, encodeURIComponent(one)])
              assert.ok(!told.includes(form), `${form} in ${told}`);
        }),
        { seed: 4, numRuns: 12 },
      );
    });
});
