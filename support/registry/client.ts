import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { RegistryClient, type RegistryOptions } from "../../policypack/registry/client";
import type { FailureKind, Outcome } from "../../policypack/common/outcome";
import { finished } from "../process/command";
import { TestRegistry, type TestRegistryOptions } from "./registry";

/** Gives registries and clients to tests, and ends them after each. */
export function bench() {
  const registries: TestRegistry[] = [];
  const clients: RegistryClient[] = [];
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await Promise.all(registries.splice(0).map((registry) => registry.stop()));
  });
  return {
    start: async (options: TestRegistryOptions = {}): Promise<TestRegistry> => {
      const registry = await TestRegistry.start(options);
      registries.push(registry);
      return registry;
    },
    connect: (options: RegistryOptions = {}): RegistryClient => {
      const client = new RegistryClient(options);
      clients.push(client);
      return client;
    },
  };
}

export const manifestType = "application/vnd.oci.image.manifest.v1+json";
export const manifest = { schemaVersion: 2, mediaType: manifestType, layers: [] };

export function valueOf<T>(outcome: Outcome<T>): T {
  assert.ok(outcome.ok, outcome.ok ? "" : `${outcome.failure.kind}: ${outcome.failure.message}`);
  return outcome.value;
}

/** Checks a failure's kind and words. */
export function assertFails(outcome: Outcome<unknown>, kind: FailureKind, words: RegExp): void {
  assert.ok(!outcome.ok, "it succeeded");
  assert.equal(outcome.failure.kind, kind, outcome.failure.message);
  const { message, fix } = outcome.failure;
  assert.match(words.test(message) ? message : `${message}; ${fix ?? ""}`, words);
}

export function at(registry: { host: string }, repository = "app") {
  return { registry: registry.host, repository };
}

/**
 * What a process of its own prints and its exit status, after a program that finds `RegistryClient` defined.
 *
 * @param before runs before the client is loaded
 */
export async function runsByItself(
  program: string,
  before = "",
): Promise<[code: number | null, output: string]> {
  const client = JSON.stringify(join(__dirname, "../../policypack/registry/client"));
  const source = `${before}\nconst { RegistryClient } = require(${client});\n${program}`;
  const child = spawn(process.execPath, ["--require", "tsx/cjs", "--eval", source], { stdio: "pipe" });
  const timer = setTimeout(() => child.kill(), 25_000);
  const { output } = await finished(child);
  clearTimeout(timer);
  return [child.exitCode, output];
}
