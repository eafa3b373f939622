import { base64, type Home } from "../registry/logins";
import { buildImage, pushImage } from "../registry/images";
import { sendError, sendJson, TestRegistry } from "../registry/registry";

/** Each says where it was put. The beginning keeps it from being a word of any output. */
const plant = (what: string) => `pl4nted-${what}-Zq/7+x=Kw`;
export const planted = {
  password: plant("password"),
  identityToken: plant("identity"),
  bearer: plant("bearer"),
  inKey: plant("key"),
  inImage: plant("image"),
  signature: plant("signature"),
  helper: plant("helper"),
  environment: plant("environment"),
  awsSecret: plant("aws-secret"),
  awsSession: plant("aws-session"),
  providerSecret: plant("provider"),
  proxy: plant("proxy"),
  managed: plant("managed"),
};
export const accessKey = "AKIAPLANTEDPLANTED00";
export const login = { username: "ci", password: planted.password };
const forms = Object.values(planted).flatMap((one) => [
  one,
  encodeURIComponent(one),
  base64(one),
  base64(`ci:${one}`),
  base64(`:${one}`),
  one.slice(0, -4),
]);
export const mixed = buildImage({ layers: ["gzip", "zstd"], family: "docker" });
const account = "123456789012.dkr.ecr.eu-west-3.amazonaws.com";

export function leaks(where: string, text: string): string[] {
  return [...forms, accessKey].filter((form) => text.includes(form)).map((form) => `${form} in ${where}`);
}

/** Registries that repeat all that they are sent, in every place. */
export class LeakyRegistries {
  readonly #registries: TestRegistry[] = [];

  async stop(): Promise<void> {
    await Promise.all(this.#registries.map((registry) => registry.stop()));
  }

  async registry(options: Parameters<typeof TestRegistry.start>[0] = {}): Promise<TestRegistry> {
    const started = await TestRegistry.start(options);
    this.#registries.push(started);
    pushImage(started, "app", "1", mixed);
    return started;
  }

  /** A proxy that repeats each request in its response. */
  async proxy(): Promise<TestRegistry> {
    const started = await this.registry();
    started.onRequest = ({ headers }, response) => {
      sendError(response, 403, "DENIED", `not for ${headers["proxy-authorization"]}, ${planted.proxy}`);
      return true;
    };
    return started;
  }

  /** Returns the images that use them, and writes the logins for them. */
  async images(home: Home): Promise<readonly string[]> {
    const right = await this.registry({ access: { mode: "basic", ...login } });
    const basic = await this.registry({ access: { mode: "basic", ...login } });
    basic.onRequest = ({ headers: { authorization = "" } }, response) => {
      if (authorization === "") return false;
      const decoded = Buffer.from(authorization.slice(6), "base64").toString();
      response.setHeader("www-authenticate", authorization);
      sendError(
        response,
        403,
        "DENIED",
        `no: ${authorization} is ${decoded}, ${encodeURIComponent(decoded)}`,
      );
      return true;
    };
    const identity = await this.registry({ access: { mode: "bearer", identityToken: "another" } });
    identity.onRequest = ({ url = "" }, response) => {
      if (url.startsWith("/token")) sendJson(response, 401, { details: `bad ${planted.identityToken}` });
      return url.startsWith("/token");
    };
    const bearer = await this.registry({ access: { mode: "bearer" } });
    bearer.onRequest = ({ url = "", headers: { authorization } }, response) => {
      if (url.startsWith("/token")) sendJson(response, 200, { token: planted.bearer });
      else if (authorization === undefined) return false;
      else {
        response.setHeader("www-authenticate", `${planted.bearer}, x ${planted.bearer}`);
        sendError(
          response,
          401,
          planted.bearer,
          `${authorization} has ended, ${planted.bearer.slice(0, -4)}`,
        );
      }
      return true;
    };
    const signing = await this.registry({ access: { mode: "basic", ...login } });
    signing.onRequest = ({ url = "", headers: { authorization } }, response) => {
      if (url.includes("/signed"))
        sendError(response, 403, "NO", `${planted.signature} does not match ${url}`);
      else if (authorization === undefined) return false;
      else
        response
          .writeHead(307, { location: `/signed?X-Amz-Signature=${encodeURIComponent(planted.signature)}` })
          .end();
      return true;
    };
    const helped = await this.registry({ access: { mode: "basic", ...login } });
    const managed = await this.registry({ access: { mode: "basic", ...login } });
    const auth = base64(`ci:${planted.password}`);
    await home.write("config.json", {
      auths: {
        ...Object.fromEntries([right, basic, signing].map(({ host }) => [host, { auth }])),
        [identity.host]: { identitytoken: planted.identityToken },
        [bearer.host]: { auth },
        [`https://ci:${planted.inKey}@proxied.test`]: { auth: planted.inKey },
      },
      credHelpers: { [helped.host]: "noisy" },
      [planted.inKey]: planted.inKey,
    });
    return [
      ...[right, basic, identity, bearer, signing, helped, managed].map(({ host }) => `${host}/app:1`),
      ...[`${account}/app:1`, `${account}/app:refused`, "proxied.test/app:1", "proxied.test:5000/app:1"],
      ...[`https://ci:${planted.inImage}@${right.host}/app:1`, `ci:${planted.inImage}@${right.host}/app:1`],
      `${right.host}/app:1?token=${planted.inImage}`,
    ];
  }
}
