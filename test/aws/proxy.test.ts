import assert from "node:assert/strict";
import { EcrClient } from "../../policypack/aws/ecr-client";
import { selfSigned } from "../../support/network/certificate";
import { dummyKeys, useAwsEnvironment } from "../../support/aws/fake-ecr";
import { TestProxy, useProxyEnvironment } from "../../support/network/proxy";
import { TestRegistry } from "../../support/registry/registry";
import { assertFails } from "../../support/registry/client";

const name = { registry: "123456789012.dkr.ecr.eu-west-3.amazonaws.com", repository: "app" };
const tunnel = "CONNECT api.ecr.eu-west-3.amazonaws.com:443";

describe("private ECR behind a proxy", () => {
  const setEnvironment = useProxyEnvironment();
  useAwsEnvironment(() => ({ ...dummyKeys, AWS_MAX_ATTEMPTS: "1" }));
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  async function behindProxy(port: number): Promise<{ proxy: TestProxy; client: EcrClient }> {
    const proxy = await TestProxy.start(port);
    const client = new EcrClient();
    ends.push(
      () => client.close(),
      () => proxy.stop(),
    );
    setEnvironment({ HTTPS_PROXY: `http://planted:hunter2@127.0.0.1:${proxy.port}` });
    return { proxy, client };
  }

  it("is queried through a tunnel, in which its certificate is verified", async function () {
    const tls = selfSigned("api.ecr.eu-west-3.amazonaws.com");
    if (tls === undefined) this.skip();
    const impostor = await TestRegistry.start({ tls });
    ends.push(() => impostor.stop());
    const { proxy, client } = await behindProxy(impostor.port);
    assertFails(await client.manifest(name, "1"), "unreachable", /self-signed certificate/);
    assert.deepEqual([proxy.asked, impostor.log.length], [[tunnel], 0]);
  });

  it("is unreachable if the proxy refuses or is down, without the proxy's login in the message", async () => {
    const { proxy, client } = await behindProxy(1);
    proxy.refusal = 407;
    const refused = await client.manifest(name, "1");
    assertFails(
      refused,
      "unreachable",
      /api\.ecr\.eu-west-3\.amazonaws\.com cannot be reached through the proxy 127\.0\.0\.1:\d+ \(HTTPS_PROXY\), which does not accept the login/,
    );
    assert.deepEqual(proxy.asked, [tunnel]);
    await proxy.stop();
    const down = await client.manifest(name, "2");
    assertFails(down, "unreachable", /proxy 127\.0\.0\.1:\d+ \(HTTPS_PROXY\), which refused the connection/);
    assert.doesNotMatch(JSON.stringify([refused, down]), /hunter2|planted/);
  });
});
