import assert from "node:assert/strict";
import fc from "fast-check";
import { parseEcrHost } from "../../policypack/aws/ecr-hosts";

const account = "123456789012";

describe("the host of a private ECR registry", () => {
  const hosts: [host: string, region: string, flags: string, dnsSuffix: string][] = [
    ["dkr.ecr.us-east-1.amazonaws.com", "us-east-1", "", "amazonaws.com"],
    ["dkr.ecr.us-gov-west-1.amazonaws.com", "us-gov-west-1", "", "amazonaws.com"],
    ["dkr.ecr-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1", "fips", "amazonaws.com"],
    ["dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1", "", "amazonaws.com.cn"],
    ["dkr.ecr.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1", "", "amazonaws.eu"],
    ["dkr.ecr.us-iso-east-1.c2s.ic.gov", "us-iso-east-1", "", "c2s.ic.gov"],
    ["dkr.ecr.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1", "", "sc2s.sgov.gov"],
    ["dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1", "", "cloud.adc-e.uk"],
    ["dkr.ecr.us-isof-east-1.csp.hci.ic.gov", "us-isof-east-1", "", "csp.hci.ic.gov"],
    ["dkr-ecr.us-west-2.on.aws", "us-west-2", "dual", "on.aws"],
    ["dkr-ecr-fips.us-west-2.on.aws", "us-west-2", "fips dual", "on.aws"],
    ["dkr-ecr.cn-north-1.on.amazonwebservices.com.cn", "cn-north-1", "dual", "on.amazonwebservices.com.cn"],
    ["DKR.ECR.EU-West-1.AmazonAWS.com", "eu-west-1", "", "amazonaws.com"],
    ["dkr.ecr.eu-west-1.amazonaws.com:443", "eu-west-1", "", "amazonaws.com"],
  ];
  for (const [rest, region, flags, dnsSuffix] of hosts)
    it(`is read from ${rest}`, () => {
      const expected = {
        account,
        region,
        fips: flags.includes("fips"),
        dualStack: flags.includes("dual"),
        dnsSuffix,
      };
      assert.deepEqual(parseEcrHost(`${account}.${rest}`), expected);
    });

  const others = [
    "public.ecr.aws",
    "docker.io",
    "",
    "dkr.ecr.us-east-1.amazonaws.com",
    "12345678901.dkr.ecr.us-east-1.amazonaws.com",
    "1234567890123.dkr.ecr.us-east-1.amazonaws.com",
    `evil.${account}.dkr.ecr.us-east-1.amazonaws.com`,
    `${account}.dkr.ecr.us-east-1.amazonaws.com.evil.example`,
    `${account}.dkr.ecr.us-east-1.amazonaws.com.evil`,
    `${account}.dkr.ecr.us-east-1.amazonaws.comx`,
    `${account}.dkr.ecr.us-east-1.amazonaws.com.`,
    `${account}.dkr.ecr.us-east-1.amazonaws.com:8443`,
    `${account}.dkr.ecr.us-east-1.amazonaws.com\n`,
    `${account}.dkr.ecr.us-east-1.amazonaws.com\n.evil.example`,
    `${account}.dkr.ecr.us-east-1.amazonawsxcom`,
    `${account}.dkr.ecr.us-east-1.evil.amazonaws.com`,
    `${account}.dkr.ecr..amazonaws.com`,
    `${account}.dkr.ecr.-east.amazonaws.com`,
    `${account}.dkr.ecr.cn-north-1.on.aws.com.cn`,
    `${account}.dkrxecr.us-east-1.amazonaws.com`,
    `${account}.dkr.ecr.us-east-1.amazonaws.com@evil.example`,
    `https://${account}.dkr.ecr.us-east-1.amazonaws.com`,
  ];
  for (const other of others)
    it(`is not ${JSON.stringify(other)}`, () => {
      assert.equal(parseEcrHost(other), undefined);
    });

  it("stops being one with anything before it or behind it", () => {
    const host = `${account}.dkr.ecr.us-east-1.amazonaws.com`;
    const extra = fc.string({ minLength: 1 });
    const property = fc.property(extra, fc.boolean(), (text, before) => {
      fc.pre(text !== ":443" || before);
      assert.equal(parseEcrHost(before ? text + host : host + text), undefined);
    });
    fc.assert(property, { seed: 4, numRuns: 500 });
  });
});
