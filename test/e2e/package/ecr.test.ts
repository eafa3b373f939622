import { CreateRepositoryCommand, ECRClient, PutImageCommand } from "@aws-sdk/client-ecr";
import { fromTemporaryCredentials } from "@aws-sdk/credential-providers";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { PulumiCommand } from "@pulumi/pulumi/automation";
import { dummyKeys, sha256, useAwsEnvironment } from "../../../support/aws/fake-ecr";
import { type Moto, startMoto } from "../../../support/aws/moto";
import { RecordedAws } from "../../../support/aws/recorded-aws";
import { engineFor, guard } from "../../../support/engine/engine";
import { assertGuards } from "../../../support/engine/guarding";
import { type BuiltImage, buildImage, threeGzipTwelveZstd } from "../../../support/registry/images";

const region = "eu-west-3";
/** moto keeps accounts apart by the role that a caller assumed; other keys are those of its default account. */
const accounts = { keys: "123456789012", roles: "222222222222" } as const;
const roleArn = `arn:aws:iam::${accounts.roles}:role/deploy`;
const secret = "aws_secret_access_key = planted";

/** What a machine has in its home folder and its environment, and what must come of it. */
interface Sign {
  readonly files?: Readonly<Record<string, string>>;
  readonly environment: (home: string) => Readonly<Record<string, string>>;
  /** The account whose registry the images are in. */
  readonly account: string;
  /** Of the key that must sign the calls of ECR. */
  readonly key: RegExp;
  /** The call that must have given that key. */
  readonly by?: string;
}

const images = {
  mixed: buildImage({ layers: threeGzipTwelveZstd, family: "docker" }),
  good: buildImage({ layers: ["gzip", "gzip"], family: "docker" }),
};

const sso = { session: "corp", token: "planted-sign-in" };
const signInFile = `.aws/sso/cache/${createHash("sha1").update(sso.session).digest("hex")}.json`;
const temporary = /^ASIA/;

const signs: Readonly<Record<string, Sign>> = {
  "static keys of the environment": {
    environment: () => ({ AWS_ACCESS_KEY_ID: "AKIAENVIRONMENT00000", AWS_SECRET_ACCESS_KEY: "planted" }),
    account: accounts.keys,
    key: /^AKIAENVIRONMENT00000$/,
  },
  "a profile": {
    files: { ".aws/credentials": `[deploy]\naws_access_key_id = AKIAPROFILE000000000\n${secret}\n` },
    environment: () => ({ AWS_PROFILE: "deploy" }),
    account: accounts.keys,
    key: /^AKIAPROFILE000000000$/,
  },
  "a role that a profile assumes": {
    files: {
      ".aws/credentials": `[base]\naws_access_key_id = AKIABASE000000000000\n${secret}\n`,
      ".aws/config": `[profile deploy]\nrole_arn = ${roleArn}\nsource_profile = base\nregion = ${region}\n`,
    },
    environment: () => ({ AWS_PROFILE: "deploy" }),
    account: accounts.roles,
    key: temporary,
    by: "AssumeRole",
  },
  "a web identity": {
    files: { token: "planted-token" },
    environment: (home) => ({ AWS_ROLE_ARN: roleArn, AWS_WEB_IDENTITY_TOKEN_FILE: join(home, "token") }),
    account: accounts.roles,
    key: temporary,
    by: "AssumeRoleWithWebIdentity",
  },
  "a sign-in to IAM Identity Center (SSO)": {
    files: {
      ".aws/config": `[profile deploy]
sso_session = ${sso.session}
sso_account_id = ${accounts.keys}
sso_role_name = deploy
[sso-session ${sso.session}]
sso_region = ${region}
sso_start_url = https://corp.awsapps.com/start
`,
      [signInFile]: JSON.stringify({
        startUrl: "https://corp.awsapps.com/start",
        region,
        accessToken: sso.token,
        expiresAt: "2099-01-01T00:00:00Z",
      }),
    },
    environment: () => ({ AWS_PROFILE: "deploy" }),
    account: accounts.keys,
    key: /^ASIASIGNIN0000000000$/,
    by: "/federation/credentials",
  },
};

describe("private ECR, read by the bundled AWS SDK,", function () {
  this.timeout(120_000);
  let engine: PulumiCommand;
  let moto: Moto | undefined;
  let aws: RecordedAws | undefined;
  let folder = "";

  before(async function () {
    engine = await engineFor(this);
    moto = await startMoto(this);
    aws = await RecordedAws.start(moto.url);
    aws.signIns.set(sso.token, {
      accessKeyId: "ASIASIGNIN0000000000",
      secretAccessKey: "planted",
      sessionToken: "planted",
    });
    folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-ecr-"));
  });
  // Of the tests' own calls, which push the images.
  useAwsEnvironment(() => ({ ...dummyKeys, AWS_ENDPOINT_URL: moto?.url ?? "", AWS_REGION: region }));
  before(async () => {
    process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
    const role = fromTemporaryCredentials({ params: { RoleArn: roleArn } });
    for (const ecr of [new ECRClient({ region }), new ECRClient({ region, credentials: role })]) {
      await ecr.send(new CreateRepositoryCommand({ repositoryName: "team/app" }));
      for (const [tag, image] of Object.entries(images)) {
        await push(ecr, tag, image);
        aws?.blobs.set(image.config.digest, image.config.bytes);
      }
      ecr.destroy();
    }
  });
  after(async () => {
    await aws?.stop();
    await moto?.stop();
    if (folder !== "") rmSync(folder, { recursive: true, force: true });
  });

  for (const [whose, { files = {}, environment, account, key, by }] of Object.entries(signs))
    it(`blocks a mixed image and lets a good one pass: with ${whose}`, async () => {
      const home = join(folder, whose.replaceAll(/\W+/g, "-"));
      mkdirSync(home);
      for (const [file, content] of Object.entries(files)) {
        mkdirSync(dirname(join(home, file)), { recursive: true });
        writeFileSync(join(home, file), content);
      }
      const recorded = aws as RecordedAws;
      const before = recorded.calls.length;
      await assertGuards(engine, guard, `${account}.dkr.ecr.${region}.amazonaws.com/team/app`, {
        environment: {
          HOME: home,
          AWS_ENDPOINT_URL: recorded.url,
          AWS_CONFIG_FILE: join(home, ".aws/config"),
          AWS_SHARED_CREDENTIALS_FILE: join(home, ".aws/credentials"),
          // An empty variable is none to the SDK.
          AWS_ACCESS_KEY_ID: "",
          AWS_SECRET_ACCESS_KEY: "",
          // Nothing may reach the real AWS.
          HTTPS_PROXY: "http://127.0.0.1:9",
          ...environment(home),
        },
      });
      const calls = recorded.calls.slice(before);
      const signed = calls.filter(({ operation }) => operation === "BatchGetImage");
      assert.ok(signed.length > 0);
      for (const { accessKeyId } of signed) assert.match(accessKeyId ?? "", key);
      if (by !== undefined)
        assert.ok(
          calls.some(({ operation }) => operation === by),
          JSON.stringify(calls),
        );
    });
});

/** Pushes an image to `team/app`. */
async function push(ecr: ECRClient, imageTag: string, { manifest, mediaType }: BuiltImage): Promise<void> {
  const imageManifest = manifest.toString("utf8");
  await ecr.send(
    new PutImageCommand({
      repositoryName: "team/app",
      imageTag,
      imageManifest,
      imageManifestMediaType: mediaType,
      // Left to itself moto invents a digest.
      imageDigest: sha256(imageManifest),
    }),
  );
}
