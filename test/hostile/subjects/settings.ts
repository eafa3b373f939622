import fc from "fast-check";
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DocumentCache } from "../../../policypack/cache/documents";
import { imageFolder } from "../../../policypack/cache/location";
import { KnownChallenges, StackRecord } from "../../../policypack/cache/records";
import { parseArguments, UsageError } from "../../../policypack/cli/arguments";
import { findExemption } from "../../../policypack/exemptions/exemptions";
import { matchesGlob } from "../../../policypack/exemptions/glob";
import { HostRules } from "../../../policypack/http/host-rules";
import { sha256Of } from "../../../policypack/oci/digest";
import { referenceIn } from "../../../policypack/oci/reference";
import { Endpoint } from "../../../policypack/registry/endpoint";
import { hostOf, openNetwork } from "../../../policypack/registry/options";
import { mergeSettings, readSettings } from "../../../policypack/settings";
import { bytesOf, mixed, nearly, text } from "../arbitraries";
import { assertLine } from "../safe";
import { type Subject, subject } from "../subject";

const good = {
  exclude: [{ image: "nginx:**", stack: "dev", resource: "web", until: "2027-01-31", reason: "test" }],
  allowOciMix: true,
  runtimes: { EC2: ["dockerd-23"] },
  insecureRegistries: ["a.example:5000"],
  mirrors: { "docker.io": ["mirror.example/hub"] },
  awsIdentities: { "123456789012": { profile: "p", roleArn: "r" } },
  cache: { enabled: true, directory: "d", maxMegabytes: 10 },
  buildkitVersion: "0.31.0",
  timeBudgetSeconds: 60,
};
const keys = [
  ...Object.keys(good),
  "image",
  "stack",
  "until",
  "reason",
  "EC2",
  "profile",
  "enabled",
  "exclud",
];
const repository = { registry: "a.example", repository: "app" };

/** What the patterns mean, by a regular expression, which only short ones do not explode. */
function byExpression(pattern: string, name: string): boolean {
  const parts = pattern.split(/(\*+)/).map((part) => {
    if (part.startsWith("*")) return part === "*" ? "[^/]*" : ".*";
    return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("")}$`, "s").test(name);
}

export const settings: readonly Subject[] = [
  subject("settings", nearly(keys, good), (config) => {
    const read = readSettings(config);
    for (const problem of read.problems) assertLine(problem);
    const merged = mergeSettings(read.settings, read.settings);
    assert.ok(
      Array.isArray(merged.exclude) && merged.timeBudgetSeconds >= 1 && merged.timeBudgetSeconds <= 3600,
    );
    findExemption(
      merged.exclude,
      { image: "nginx", reference: referenceIn("nginx"), resource: { name: "web", urn: "urn" } },
      "2026-01-01",
    );
  }),
  subject(
    "patterns",
    fc.tuple(
      fc.string({ unit: fc.constantFrom("*", "**", "a", "b", "/", ".", "\n"), maxLength: 8 }),
      fc.string({ unit: fc.constantFrom("a", "b", "/", ".", "\n", "*"), maxLength: 10 }),
    ),
    ([pattern, name]) => {
      assert.equal(matchesGlob(pattern, name), byExpression(pattern, name));
    },
  ),
  subject("patterns of anything", fc.tuple(text, text), ([pattern, name]) => {
    assert.ok(matchesGlob("**", name));
    assert.ok(matchesGlob(name.replaceAll("*", ""), name.replaceAll("*", "")));
    assert.equal(typeof matchesGlob(pattern, name), "boolean");
  }),
  subject(
    "arguments of the command",
    fc.array(
      fc.oneof(
        mixed(
          "inspect",
          "--platform",
          "=",
          "linux/arm64",
          "--runtime",
          "containerd-1.7",
          ",",
          "--format",
          "json",
        ),
        fc.constantFrom("inspect", "a", "-", "--", "--sniff", "-h", "--explain"),
      ),
      { maxLength: 6 },
    ),
    (argv) => {
      try {
        assert.ok(["inspect", "help", "version"].includes(parseArguments(argv).command));
      } catch (error) {
        assert.ok(error instanceof UsageError, String(error));
      }
    },
  ),
];

/** Files of the cache that someone else has written. */
export function keptFiles(): Subject[] {
  const folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-hostile-"));
  const [stacks, documents, registries] = ["stacks", "documents", "registries"].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const record = StackRecord.of(
    { backend: "b", organization: "o", project: "p", stack: "s" },
    { directory: stacks },
  );
  const cache = DocumentCache.open({ directory: documents });
  const ofRegistries = imageFolder({ directory: registries });
  assert.ok(record && cache && ofRegistries);
  const challenges = new KnownChallenges(ofRegistries);
  const bytes = Buffer.from("{}");
  const digest = sha256Of(bytes);
  record.leave({ images: [], pushers: [] });
  const known = {
    scheme: "https",
    realm: "https://auth.example/token",
    service: "registry.example",
  } as const;
  challenges.keep("registry.example", known);
  cache.keep(repository, digest, bytes);
  cache.remember(repository, "1", digest);
  cache.close();
  const inside = (parent: string) =>
    readdirSync(join(parent, "images-v1")).map((name) => join(parent, "images-v1", name));
  const [id] = /^[a-f0-9]{32}/.exec(readFileSync(inside(documents)[0] ?? "", "latin1")) ?? [];
  assert.ok(id !== undefined);
  const kept = {
    pushers: ["hash"],
    images: [{ image: "docker.io/library/nginx:1", platform: "linux/amd64", identity: "default" }],
  };
  return [
    {
      ...subject(
        "stack records",
        bytesOf(nearly(["pushers", "images", "image", "platform", "identity"], kept)),
        (written) => {
          for (const file of inside(stacks)) writeFileSync(file, written);
          for (const { image, platform } of record.read().images)
            assert.equal(typeof image + typeof platform, "stringstring");
          for (const pusher of record.read().pushers) assert.equal(typeof pusher, "string");
        },
      ),
      share: 0.5,
    },
    {
      ...subject(
        "kept challenges",
        bytesOf(nearly(["scheme", "realm", "service", "https", "http"], known)),
        (written) => {
          for (const file of inside(registries)) writeFileSync(file, written);
          const { scheme, realm } = challenges.recall("registry.example") ?? known;
          assert.match(scheme, /^https?$/);
          assert.equal(typeof realm, "string");
          const host = hostOf("registry.example", new HostRules());
          assert.ok(host);
          new Endpoint(host, openNetwork({ challenges }));
        },
      ),
      share: 0.3,
    },
    {
      ...subject(
        "cached documents",
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          text.map((line) => Buffer.from(`${line}\n{}`)),
          // A record of the digest with other bytes, and a tag that names no digest.
          text.map((line) =>
            Buffer.from(`${id} ${digest} ${Buffer.byteLength(line) + 1}\n[${line}\n${id} tag 1 ${line}\n`),
          ),
        ),
        (written) => {
          for (const file of inside(documents)) writeFileSync(file, written);
          const run = DocumentCache.open({ directory: documents });
          assert.ok(run);
          assert.equal(run.document(repository, digest), undefined);
          assert.equal(run.tag(repository, "1"), undefined);
          run.keep(repository, digest, bytes);
          assert.deepEqual(run.document(repository, digest), bytes);
          run.close();
          const next = DocumentCache.open({ directory: documents });
          assert.ok(next);
          assert.deepEqual(next.document(repository, digest), bytes);
          next.close();
        },
      ),
      share: 0.3,
      close: () => rm(folder, { recursive: true, force: true }),
    },
  ];
}
