import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageFolder } from "../../scripts/bundle/places";
import { type Component, componentsOf } from "../../scripts/bundle/components";
import { readMetafile } from "../../scripts/bundle/metafile";

/** Whose code the bundle holds. A person looks at a new package (who writes it, its licence, why it is needed) before it stands here. */
const allowed = [
  "@aws-sdk/client-ecr",
  "@aws-sdk/client-ecs",
  "@aws-sdk/client-secrets-manager",
  "@aws-sdk/core",
  "@aws-sdk/credential-provider-env",
  "@aws-sdk/credential-provider-http",
  "@aws-sdk/credential-provider-ini",
  "@aws-sdk/credential-provider-login",
  "@aws-sdk/credential-provider-node",
  "@aws-sdk/credential-provider-process",
  "@aws-sdk/credential-provider-sso",
  "@aws-sdk/credential-provider-web-identity",
  "@aws-sdk/credential-providers",
  "@aws-sdk/nested-clients",
  "@aws-sdk/signature-v4-multi-region",
  "@aws-sdk/token-providers",
  "@aws-sdk/xml-builder",
  "@aws/lambda-invoke-store",
  "@grpc/grpc-js",
  "@js-sdsl/ordered-map",
  "@pulumi/policy",
  "@pulumi/pulumi",
  "@smithy/core",
  "@smithy/credential-provider-imds",
  "@smithy/node-http-handler",
  "@smithy/signature-v4",
  "@smithy/types",
  "google-protobuf",
  "undici",
  "yocto-spinner",
  "yoctocolors",
];

/** Licences that require no more than to be named. */
const licences = new Set(["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"]);

interface BillOfMaterials {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly components: readonly {
    readonly group?: string;
    readonly name: string;
    readonly version: string;
    readonly purl: string;
  }[];
}

const read = (file: string) => readFileSync(join(packageFolder, file), "utf8");

describe("the bundle", () => {
  let components: Component[];
  before(() => {
    components = componentsOf(readMetafile());
  });

  it("holds code only of packages whose licence was reviewed", () => {
    assert.deepEqual(
      components.map(({ name }) => name),
      allowed,
    );
  });

  it("holds each package once", () => {
    assert.equal(new Set(components.map(({ name }) => name)).size, components.length);
  });

  it("holds only code whose licences we know and accept", () => {
    const refused = components.filter(
      ({ license }) => !license.split(" AND ").every((part) => licences.has(part)),
    );
    assert.deepEqual(refused, []);
  });

  it("comes with the licences of everything in it", () => {
    const text = read("THIRD_PARTY_LICENSES");
    for (const { name, version, license, texts } of components) {
      assert.ok(text.includes(`\n${name}@${version} (${license})\n`), name);
      for (const one of texts) assert.ok(text.includes(one), name);
    }
  });

  it("comes with a CycloneDX bill of materials that lists everything in it", () => {
    const bill = JSON.parse(read("SBOM.cdx.json")) as BillOfMaterials;
    assert.deepEqual([bill.bomFormat, bill.specVersion], ["CycloneDX", "1.6"]);
    assert.deepEqual(
      bill.components.map(
        ({ group, name, version }) => `${group === undefined ? "" : `${group}/`}${name}@${version}`,
      ),
      components.map(({ name, version }) => `${name}@${version}`),
    );
    assert.equal(
      bill.components.find(({ name }) => name === "client-ecr")?.purl.replace(/@[^@]*$/, ""),
      "pkg:npm/%40aws-sdk/client-ecr",
    );
    assert.doesNotMatch(read("SBOM.cdx.json"), /timestamp|serialNumber/);
  });
});
