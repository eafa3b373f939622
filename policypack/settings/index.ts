import { printableName } from "../oci/reference";
import { count, printable } from "../common/text";
import type { RuntimeName } from "../runtimes/predict";
import { type AwsIdentities, isAwsIdentityKey } from "../aws/configured-identities";
import { isRegistryName } from "../oci/registry-name";
import { problemsOf, tooMany, unknownKey } from "./check";
import { isSettingName, maxItems, type SettingName, settingNames, settingsSchema } from "./schema";
import { isRecord } from "../common/values";
import type { LaunchType } from "../runtimes/ecs-runtimes";

/**
 * Images that the guard leaves alone, and why. It holds where everything that is given of image, stack and resource
 * fits. In patterns, `*` stands for any characters but `/`, `**` for any at all.
 */
export interface Exclusion {
  /** Held against an image's name; without tag or digest it covers all of them. */
  readonly image?: string;
  /** Held against `stack` and `project/stack`. */
  readonly stack?: string;
  /** Held against a resource's name and its URN. */
  readonly resource?: string;
  /** The last day on which it holds, `YYYY-MM-DD`, in UTC. Without it, it holds until it is taken away. */
  readonly until?: string;
  readonly reason: string;
}

/** What a team can configure; the same for every policy of the pack. What each means: `schema.ts`. */
export interface Settings {
  readonly exclude: readonly Exclusion[];
  readonly allowTagExemptions: boolean;
  readonly allowOciMix: boolean;
  readonly runtimes: Readonly<Partial<Record<LaunchType, readonly RuntimeName[]>>>;
  readonly sniffLayers: boolean;
  /** "" if it is not known. */
  readonly buildkitVersion: string;
  readonly insecureRegistries: readonly string[];
  readonly mirrors: Readonly<Record<string, readonly string[]>>;
  readonly awsIdentities: AwsIdentities;
  readonly cache: {
    readonly enabled?: boolean;
    readonly directory?: string;
    readonly maxMegabytes?: number;
  };
  readonly summary: boolean;
  readonly timeBudgetSeconds: number;
  readonly imageTimeoutSeconds: number;
  readonly requestTimeoutSeconds: number;
}

export const defaultSettings: Settings = {
  exclude: [],
  allowTagExemptions: settingsSchema.allowTagExemptions.default,
  allowOciMix: settingsSchema.allowOciMix.default,
  runtimes: {},
  sniffLayers: settingsSchema.sniffLayers.default,
  buildkitVersion: "",
  insecureRegistries: [],
  mirrors: {},
  awsIdentities: {},
  cache: {},
  summary: settingsSchema.summary.default,
  timeBudgetSeconds: settingsSchema.timeBudgetSeconds.default,
  imageTimeoutSeconds: settingsSchema.imageTimeoutSeconds.default,
  requestTimeoutSeconds: settingsSchema.requestTimeoutSeconds.default,
} satisfies Record<SettingName, unknown>;

/** The settings that a configuration gives, and what is wrong with it; a wrong value falls back to the default. */
export interface ReadSettings {
  readonly settings: Partial<Settings>;
  readonly problems: readonly string[];
}

/**
 * Reads a policy's configuration. The engine checks types for packs that it configures, but accepts unknown keys;
 * the library is called without an engine. So everything is checked here.
 */
export function readSettings(config: unknown): ReadSettings {
  const wrong: string[][] = [];
  const settings: Record<string, unknown> & Partial<Settings> = {};
  const entries = isRecord(config) ? Object.entries(config) : [];
  if (entries.length > maxItems)
    return { settings, problems: [tooMany("The configuration", entries.length)] };
  for (const [key, value] of entries) {
    if (key === schemaKey) continue;
    const found = isSettingName(key) ? problemsOfSetting(key, value) : [unknownKey(key, settingNames)];
    if (found.length === 0) settings[key] = value;
    wrong.push(found);
  }
  const problems = wrong.flat();
  const more = problems.length - mostProblems;
  return {
    settings,
    problems:
      more > 0 ? [...problems.slice(0, mostProblems), `And ${count(more, "more problem")}.`] : problems,
  };
}

/** Names the JSON Schema of the file, for editors. */
export const schemaKey = "$schema";

/** Nobody reads more at once. */
const mostProblems = 20;

function problemsOfSetting(key: SettingName, value: unknown): string[] {
  const byForm = problemsOf(value, settingsSchema[key], key);
  if (byForm.length > 0) return byForm;
  // Its form is that of the setting now, whichever it is.
  return beyondSchema[key]?.(value as never) ?? [];
}

/** What a JSON Schema cannot say, of a value whose form is right. */
const beyondSchema: { readonly [Name in SettingName]?: (value: Settings[Name]) => string[] } = {
  exclude: unlimited,
  insecureRegistries: (registries) => noRegistries(registries, "insecureRegistries"),
  mirrors: (byRegistry) =>
    Object.entries(byRegistry).flatMap(([registry, mirrors]) => [
      ...noRegistries([registry], "mirrors"),
      ...noRegistries(mirrors, `mirrors.${printableName(registry, 60)}`, { prefixed: true }),
    ]),
  awsIdentities: (identities) =>
    Object.keys(identities)
      .filter((key) => !isAwsIdentityKey(key))
      .map(
        (key) =>
          `\`awsIdentities\` has \`${printable(key, 80)}\`, which is neither an account id nor a private ECR registry.`,
      ),
};

/** An entry that names no registry would match none, and so have no effect, unseen. */
function noRegistries(entries: readonly string[], path: string, { prefixed = false } = {}): string[] {
  const form = prefixed ? "host[:port][/prefix]" : "host[:port]";
  return entries
    .filter((entry) => !isRegistryName(entry, { prefixed }))
    .map((entry) => `\`${printableName(entry, 80)}\` in \`${path}\` is not a valid ${form}.`);
}

/** An exemption of everything without an end would switch the guard off unseen; `disabled` is for that. */
function unlimited(exclude: readonly Exclusion[]): string[] {
  return exclude.flatMap((one, i) =>
    ["image", "stack", "resource"].some((key) => Object.hasOwn(one, key))
      ? []
      : [`\`exclude[${i}]\` needs one of \`image\`, \`stack\` and \`resource\`.`],
  );
}

/** What the policies share is given once, on the first; what another policy says itself comes on top. */
export function mergeSettings(...layers: readonly Partial<Settings>[]): Settings {
  return layers.reduce<Settings>(
    (merged, layer) => ({
      ...merged,
      ...layer,
      exclude: [...merged.exclude, ...(layer.exclude ?? [])],
      insecureRegistries: [...new Set([...merged.insecureRegistries, ...(layer.insecureRegistries ?? [])])],
      mirrors: { ...merged.mirrors, ...layer.mirrors },
      runtimes: { ...merged.runtimes, ...layer.runtimes },
      awsIdentities: { ...merged.awsIdentities, ...layer.awsIdentities },
      cache: { ...merged.cache, ...layer.cache },
    }),
    defaultSettings,
  );
}
