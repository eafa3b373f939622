import type { Certificate } from "../../../support/network/certificate";
import type { Signer } from "../../../support/registry/token-server";

/** The registries that are run, each the real program. */
export const registries = ["docker-registry", "distribution", "go-containerregistry"] as const;
export type RegistryName = (typeof registries)[number];

const reads = "good ok, mixed blocked, index ok, none missing";

const denies = "good denied, mixed denied, index denied, none denied";
/** The good image alone is looked up: only its config, which cannot be read, could say that it is not. */
export const neverOk = "never ok";

/** The ways in which a registry is reached, with what the guard must say of its images. */
export const modes = {
  plain: { expected: reads },
  "TLS, own authority": { expected: reads, own: true },
  "Basic login": { expected: reads, own: true },
  "Basic login, without one": { expected: denies, own: true },
  "token login": { expected: reads, own: true },
  "token login, without one": { expected: denies, own: true },
  "nginx with TLS": { expected: reads },
  "nginx with a Basic login": { expected: reads },
  "nginx with a path prefix": { expected: reads },
  // What the mirror does not have is looked for at the registry itself, which does not run here.
  "nginx as a mirror with a path": { expected: reads.replace("missing", "unreachable") },
  "nginx, configs answer 403": { expected: neverOk },
  "nginx, configs answer 404": { expected: neverOk },
  "nginx, configs answer 500": { expected: neverOk },
  "nginx, configs never answer": { expected: neverOk },
} as const satisfies Record<string, { readonly expected: string; readonly own?: boolean }>;
export type ModeName = keyof typeof modes;

/** One row of the table. */
export interface Case {
  readonly registry: RegistryName;
  readonly mode: ModeName;
  readonly expected: string;
}

/** go-containerregistry's registry has neither TLS nor logins of its own. */
export const cases: readonly Case[] = registries.flatMap((registry) =>
  (Object.keys(modes) as ModeName[])
    .filter((mode) => registry !== "go-containerregistry" || !("own" in modes[mode]))
    .map((mode) => ({ registry, mode, expected: modes[mode].expected })),
);

/** What came of a row: for each image `NAME VERDICT`, or why there is nothing. */
export interface Result extends Case {
  readonly found: string;
  readonly agrees: boolean;
}

/** @param found `NAME VERDICT` for each image, after commas */
export function resultOf(row: Case, found: string): Result {
  const agrees =
    row.expected === neverOk ? found.startsWith("good ") && !/\bok\b/.test(found) : found === row.expected;
  return { ...row, found, agrees };
}

/** What the process that runs the rows is given; it trusts the authority of the certificate. */
export interface Task {
  readonly tls: Certificate;
  readonly signer: Signer;
}

/** The name by which nginx and registries with TLS are reached: as a host elsewhere, they must prove themselves. */
export const testHost = "registry.test";
