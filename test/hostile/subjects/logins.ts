import fc from "fast-check";
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CredentialError, type CredentialSource } from "../../../policypack/logins/credential";
import { helperLogin } from "../../../policypack/logins/credential-helper";
import { loginCredentials } from "../../../policypack/logins/login-search";
import { mixed, nearly, textOf } from "../arbitraries";
import { assertWords } from "../safe";
import { type Subject, subject } from "../subject";
import { parseSecretName, credentialOfSecret } from "../../../policypack/aws/secret";

const secret = "s3cret-of-the-test";
const auth = Buffer.from(`user:${secret}`).toString("base64");
const keys = [
  "auths",
  "credHelpers",
  "credsStore",
  "auth",
  "identitytoken",
  "username",
  "password",
  "Auths",
  "a.example",
  "docker.io",
];
const config = {
  auths: {
    "a.example": { auth },
    "https://a.example/v1/": { username: "u", password: secret },
    "a.example/team": { identitytoken: secret },
  },
  credHelpers: { "b.example": "x" },
  credsStore: "",
};
const configs = textOf(nearly(keys, config));

/** A credential, or an error in words that show no secret. */
async function assertAnswers(answer: ReturnType<CredentialSource>): Promise<void> {
  try {
    const credential = await answer;
    if (credential === undefined) return;
    assert.ok(Object.values(credential).every((value) => typeof value === "string" && value !== ""));
  } catch (error) {
    assert.ok(error instanceof CredentialError, String(error));
    assertWords(error.message);
    assert.ok(!error.message.includes(secret) && !error.message.includes(auth), error.message);
  }
}

const asked = fc.constantFrom(["a.example", "team/app"], ["docker.io", "library/x"], [
  "b.example",
  "x",
] as const);

function loginSubject(
  name: string,
  share: number,
  env: (text: string) => Record<string, string>,
  close?: () => void,
): Subject {
  return {
    name,
    share,
    property: fc.asyncProperty(fc.tuple(configs, asked), async (given) => {
      const [text, [registry, repository]] = given as [string, [string, string]];
      const nowhere = { HOME: "/nonexistent", PATH: "/nonexistent" };
      await assertAnswers(loginCredentials({ ...nowhere, ...env(text) })(registry, repository));
    }),
    close: () => Promise.resolve(close?.()),
  };
}

function folderOf(): string {
  return mkdtempSync(join(tmpdir(), "ecs-image-guard-hostile-"));
}

export function logins(): Subject[] {
  const folder = folderOf();
  const file = join(folder, "auth.json");
  const helper = join(folder, "docker-credential-hostile");
  writeFileSync(helper, '#!/bin/sh\nread -r _\ncat "$ANSWER"\n');
  chmodSync(helper, 0o755);
  return [
    loginSubject("docker configs", 0.5, (text) => ({ DOCKER_AUTH_CONFIG: text })),
    loginSubject("Podman's auth files", 0.2, (text) => {
      writeFileSync(file, text);
      return { REGISTRY_AUTH_FILE: file };
    }),
    {
      name: "helpers' answers",
      share: 0.02,
      property: fc.asyncProperty(
        textOf(nearly(["Username", "Secret"], { ServerURL: "a", Username: "u", Secret: secret })),
        async (given) => {
          const answer = join(folder, "answer");
          writeFileSync(answer, given);
          const env = { PATH: `${folder}:/usr/bin:/bin`, ANSWER: answer };
          await assertAnswers(helperLogin("hostile", "a.example", { env }));
        },
      ),
      close: () => rm(folder, { recursive: true, force: true }),
    },
    subject(
      "secrets' values",
      textOf(nearly(["username", "password", "Username"], { username: "u", password: secret })),
      (value) => {
        try {
          assert.ok(Object.values(credentialOfSecret(value)).every((part) => part !== ""));
        } catch (error) {
          assert.ok(error instanceof CredentialError);
          assertWords(error.message);
          assert.ok(!error.message.includes(secret));
        }
      },
    ),
    subject(
      "secrets' names",
      mixed("arn:aws", ":secretsmanager", ":", "eu-west-1", "123456789012", "secret", "/", "a-", "name"),
      (written) => {
        const found = parseSecretName(written);
        if (found !== undefined) assert.match(found.id, /^[\w/+=.@:-]+$/);
      },
    ),
  ];
}
