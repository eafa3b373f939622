import assert from "node:assert/strict";
import { identityOfProvider } from "../../policypack/aws/identity";
import { durationInSeconds, providerSettings } from "../../policypack/aws/provider-settings";

const secretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const roleArn = "arn:aws:iam::123456789012:role/deploy";
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("the identity of a Pulumi AWS provider", () => {
  const identities: [inputs: Record<string, unknown>, words: string][] = [
    [{ profile: "dev" }, "profile dev"],
    [{ profile: "dev", assumeRoles: JSON.stringify([{ roleArn }]) }, `profile dev, role ${roleArn}`],
    [
      { assumeRoles: [{ roleArn }, { roleArn: `${roleArn}2` }] },
      `default credential chain, role ${roleArn}, role ${roleArn}2`,
    ],
    [
      { assumeRoles: "[]", assumeRole: JSON.stringify({ roleArn }) },
      `default credential chain, role ${roleArn}`,
    ],
    [{ accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey, token: "t" }, "static access key"],
    [{ accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey, profile: "dev" }, "static access key"],
    [
      { assumeRoleWithWebIdentity: JSON.stringify({ roleArn, webIdentityTokenFile: "/t" }) },
      `web identity for role ${roleArn}`,
    ],
    [{ sharedConfigFiles: '["/a"]' }, "default profile"],
  ];
  for (const [inputs, words] of identities)
    it(`is the ${words}`, () => {
      const identity = identityOfProvider(inputs);
      assert.equal(identity.describe, `of the provider: ${words}`);
      assert.notEqual(identity.key, "default");
      assert.equal(identity.key, identityOfProvider({ ...inputs }).key);
      assert.ok(![secretKey, "AKIA"].some((secret) => (identity.key + identity.describe).includes(secret)));
    });

  const nobodys: [why: string, inputs: unknown][] = [
    ["no inputs", undefined],
    ["only a region", { region: "eu-west-1", version: "7.0.0" }],
    ["half a key", { accessKey: "AKIAIOSFODNN7EXAMPLE" }],
    ["an unknown profile", { profile: unknown }],
    ["keys that could not be decrypted", { accessKey: "AKIAEXAMPLE", secretKey: "[secret]" }],
    ["unknown roles", { assumeRoles: unknown }],
    ["an unknown role within", { profile: "dev", assumeRoles: JSON.stringify([{ roleArn: unknown }]) }],
    ["broken JSON", { assumeRoles: '[{"roleArn":' }],
    ["roles of no shape", { assumeRoles: JSON.stringify([1, null, { roleArn: 3 }]), profile: { a: 1 } }],
    [
      "values that throw when read",
      new Proxy(
        {},
        {
          get: () => {
            throw new Error("unknown");
          },
        },
      ),
    ],
  ];
  for (const [why, inputs] of nobodys)
    it(`is the default chain for ${why}`, () => {
      assert.equal(identityOfProvider(inputs).key, "default");
    });

  it("differs with every secret, role and session", () => {
    const inputs = [
      { accessKey: "A", secretKey: "1" },
      { accessKey: "A", secretKey: "2" },
      { assumeRole: { roleArn } },
      { assumeRole: { roleArn, externalId: "x" } },
      { assumeRole: { roleArn, sessionName: "x" } },
      { assumeRole: { roleArn }, profile: "x" },
    ];
    assert.equal(new Set(inputs.map((input) => identityOfProvider(input).key)).size, inputs.length);
  });

  it("keeps the parameters of an assumed role", () => {
    const role = {
      roleArn,
      externalId: "e",
      sessionName: "s",
      duration: "1h30m",
      policy: '{"Version":"1"}',
      policyArns: ["p"],
    };
    const settings = providerSettings({
      region: "eu-west-1",
      assumeRoles: JSON.stringify([{ ...role, tags: { a: "b" } }]),
    });
    assert.ok(settings !== undefined);
    assert.equal(settings.region, "eu-west-1");
    assert.deepEqual(settings.roles, [
      {
        roleArn,
        sessionName: "s",
        durationSeconds: 5400,
        externalId: "e",
        sourceIdentity: undefined,
        policy: '{"Version":"1"}',
        policyArns: ["p"],
        tags: [["a", "b"]],
        transitiveTagKeys: [],
      },
    ]);
  });

  const durations: [duration: string, seconds: number | undefined][] = [
    ["900s", 900],
    ["15m", 900],
    ["1.5h", 5400],
    ["1h0m0s", 3600],
    ["900000ms", 900],
    ["900", undefined],
    ["1 h", undefined],
    ["", undefined],
    ["-1h", undefined],
  ];
  for (const [duration, seconds] of durations)
    it(`lasts ${String(seconds)} seconds for the duration ${JSON.stringify(duration)}`, () => {
      assert.equal(durationInSeconds(duration), seconds);
    });

  it("hands static keys to the SDK as they are", async () => {
    const provider = await identityOfProvider({ accessKey: "A", secretKey: "S", token: "T" }).credentials();
    assert.deepEqual(await provider(), { accessKeyId: "A", secretAccessKey: "S", sessionToken: "T" });
  });
});
