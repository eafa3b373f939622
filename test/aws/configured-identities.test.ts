import assert from "node:assert/strict";
import { type AwsIdentities, isAwsIdentityKey } from "../../policypack/aws/configured-identities";
import { identityOfProvider } from "../../policypack/aws/identity";
import { resolveIdentity } from "../../policypack/registry/reader-identity";

const account = "123456789012";
const host = `${account}.dkr.ecr.eu-west-3.amazonaws.com`;
const roleArn = `arn:aws:iam::${account}:role/reader`;
const identity = identityOfProvider({ profile: "deploy" });

describe("the reader of a private ECR registry", () => {
  const cases: [who: string, identities: AwsIdentities, words: string][] = [
    ["the resource's provider where nothing is configured", {}, "of the provider: profile deploy"],
    [
      "the identity of the account before the provider's",
      { [account]: { profile: "shared" } },
      `that awsIdentities names for ${account}: profile shared`,
    ],
    [
      "the identity of the host before the account's",
      { [account]: { profile: "shared" }, [host]: { roleArn } },
      `that awsIdentities names for ${host}: default credential chain, role ${roleArn}`,
    ],
    [
      "that of the host however it is written",
      { [`https://${host.toUpperCase()}/`]: { profile: "p", roleArn } },
      `that awsIdentities names for ${host}: profile p, role ${roleArn}`,
    ],
    [
      "the default chain where an empty identity says so",
      { [account]: {} },
      `that awsIdentities names for ${account}: default credential chain`,
    ],
    [
      "nobody configured for another account, host or region",
      { "999999999999": { profile: "x" }, [host.replace("eu-west-3", "eu-west-1")]: { profile: "x" } },
      "of the provider: profile deploy",
    ],
  ];
  for (const [who, identities, words] of cases)
    it(`is ${who}`, () => {
      assert.equal(resolveIdentity(host, { identity }, identities).identity.describe, words);
    });

  it("needs no secret, whatever the container says", () => {
    const reader = resolveIdentity(host, { identity, credentialsParameter: "login" });
    assert.equal(reader.secret, undefined);
    assert.equal(reader.key, resolveIdentity(host, { identity }).key);
  });

  it("differs in its key with role, external id, session and profile", () => {
    const settings = [
      { profile: "a" },
      { roleArn },
      { roleArn, externalId: "e" },
      { roleArn, sessionName: "s" },
      { roleArn, profile: "a" },
      { roleArn, region: "eu-west-1" },
    ];
    const keys = settings.map((one) => resolveIdentity(host, {}, { [account]: one }).key);
    assert.equal(new Set(keys).size, settings.length);
  });

  it("is the same for a registry without a login, whoever deploys", () => {
    assert.equal(resolveIdentity("ghcr.io", { identity }).key, resolveIdentity("ghcr.io", {}).key);
    assert.equal(resolveIdentity("ghcr.io", { region: "x-1" }).key, resolveIdentity("ghcr.io", {}).key);
    const secret = { credentialsParameter: "a" };
    assert.notEqual(
      resolveIdentity("ghcr.io", { ...secret, region: "x-1" }).key,
      resolveIdentity("ghcr.io", secret).key,
    );
  });

  for (const [key, sense] of [
    [account, true],
    [host, true],
    [`${host}:443`, true],
    ["12345", false],
    ["ghcr.io", false],
    [`${host}.evil.example`, false],
  ] as const)
    it(`${sense ? "may" : "may not"} be configured for ${key}`, () => {
      assert.equal(isAwsIdentityKey(key), sense);
    });
});
