import assert from "node:assert/strict";
import fc from "fast-check";
import { parseSecretName } from "../../policypack/aws/secret";

const account = "123456789012";

describe("a credentialsParameter", () => {
  const arns: [partition: string, region: string][] = [
    ["aws", "eu-west-3"],
    ["aws-cn", "cn-north-1"],
    ["aws-us-gov", "us-gov-west-1"],
    ["aws-eusc", "eusc-de-east-1"],
    ["aws-iso", "us-iso-east-1"],
    ["aws-iso-b", "us-isob-east-1"],
    ["aws-iso-e", "eu-isoe-west-1"],
    ["aws-iso-f", "us-isof-south-1"],
  ];
  for (const [partition, region] of arns)
    it(`is a secret's ARN, with region and account, in ${partition}`, () => {
      const id = `arn:${partition}:secretsmanager:${region}:${account}:secret:team/login-AbCdEf`;
      assert.deepEqual(parseSecretName(id), { id, region, account });
    });

  for (const id of ["login", "team/login-AbCdEf", "a_b+c=d.e@f"])
    it(`is a secret's name: ${id}`, () => {
      assert.deepEqual(parseSecretName(id), { id });
    });

  const others = [
    "",
    " ",
    "a b",
    "arn:aws:ssm:eu-west-3:123456789012:parameter/login",
    `arn:aws:secretsmanager:eu-west-3:12345:secret:login`,
    `arn:aws:secretsmanager:eu-west-3.evil.example/:${account}:secret:login`,
    `arn:aws:secretsmanager::${account}:secret:login`,
    `arn:aws:secretsmanager:eu-west-3:${account}:secret:`,
    `arn:aws:secretsmanager:eu-west-3:${account}:secret:login\nx`,
    `xarn:aws:secretsmanager:eu-west-3:${account}:secret:login`,
    "a".repeat(513),
  ];
  for (const other of others)
    it(`is not a secret of Secrets Manager: ${JSON.stringify(other.slice(0, 70))}`, () => {
      assert.equal(parseSecretName(other), undefined);
    });

  it("never gives a region that is more than one label of a host name", () => {
    const region = fc.string({ minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(region, (text) => {
        const parsed = parseSecretName(`arn:aws:secretsmanager:${text}:${account}:secret:s`);
        assert.match(parsed?.region ?? "a", /^[a-z0-9-]+$/);
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});
