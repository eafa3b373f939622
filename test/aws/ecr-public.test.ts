import assert from "node:assert/strict";
import { Inspector } from "../../policypack/inspection/inspector";
import { buildImage, pushImage } from "../../support/registry/images";
import { selfSigned } from "../../support/network/certificate";
import { TestRegistry } from "../../support/registry/registry";
import { TunnelProxy } from "../../support/network/tunnel-proxy";
import { base64, Home } from "../../support/registry/logins";

const host = "public.ecr.aws";
const image = `${host}/nginx/nginx:1.27`;
const login = { username: "AWS", password: "planted-token" };

/** A loopback registry that answers for public.ecr.aws, behind a proxy, as its token service does. */
describe("an image of ECR Public", () => {
  const saved = { ...process.env };
  let registry: TestRegistry;
  let proxy: TunnelProxy;
  let home: Home;

  before(async function () {
    const tls = selfSigned("test registry", [host]);
    if (tls === undefined) return this.skip();
    registry = await TestRegistry.start({ tls });
    proxy = await TunnelProxy.start(registry.port);
    home = await Home.create();
    pushImage(registry, "nginx/nginx", "1.27", buildImage({ layers: ["gzip"], family: "oci" }));
    Object.assign(process.env, { HTTPS_PROXY: proxy.url, NO_PROXY: "" });
  });
  beforeEach(() => {
    registry.log.length = 0;
  });
  after(async () => {
    for (const name of ["HTTPS_PROXY", "NO_PROXY"]) {
      const value = saved[name];
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
    await (registry as TestRegistry | undefined)?.stop();
    await (proxy as TunnelProxy | undefined)?.stop();
    await (home as Home | undefined)?.remove();
  });

  /** How the token service was asked, and what came of it, with this docker config.json. */
  async function inspect(needsLogin: boolean, config: object) {
    const realm = `https://${host}/token`;
    registry.access = { mode: "bearer", realm, ...(needsLogin && { login }) };
    await home.write(".docker/config.json", config);
    const inspector = new Inspector({ insecureRegistries: [host], credentials: home.source() });
    try {
      const found = await inspector.inspect(image, { os: "linux", architecture: "amd64" });
      return { found, asked: registry.requestsTo("/token").map(({ authorization }) => authorization) };
    } finally {
      await inspector.close();
    }
  }

  it("is read with an anonymous token by default", async () => {
    const { found, asked } = await inspect(false, {});
    assert.ok(found.ok, JSON.stringify(found));
    assert.deepEqual(asked, [undefined]);
  });

  it("is read with the docker login for it", async () => {
    const auth = base64(`${login.username}:${login.password}`);
    const { found, asked } = await inspect(true, { auths: { [host]: { auth } } });
    assert.ok(found.ok, JSON.stringify(found));
    assert.deepEqual(asked, ["basic"]);
  });

  it("is read with the AWS credentials of the credential helper ecr-login", async () => {
    await home.helper(
      "ecr-login",
      `[ "$server" = ${host} ] && echo '${JSON.stringify({ ServerURL: host, Username: login.username, Secret: login.password })}'`,
    );
    const { found, asked } = await inspect(true, { credHelpers: { [host]: "ecr-login" } });
    assert.ok(found.ok, JSON.stringify(found));
    assert.deepEqual(asked, ["basic"]);
  });
});
