import type { PolicyConfigJSONSchema } from "@pulumi/policy/schema";
import { isRecord, printable } from "./oci/text";
import { closest } from "./spelling";

/** An image that the guard leaves alone, and why. */
export interface Exclusion {
  /** A pattern: `*` stands for any characters but `/`, `**` for any at all. Without tag or digest it covers all of them. */
  readonly image: string;
  readonly reason: string;
}

/** What a team can configure; the same for every policy of the pack. */
export interface Settings {
  readonly exclude: readonly Exclusion[];
  /** Registries (`host[:port]`) that may be asked over plain http or with a certificate that cannot be verified. */
  readonly insecureRegistries: readonly string[];
  /** Registry → mirrors (`host[:port][/prefix]`) to ask before it, in this order. */
  readonly mirrors: Readonly<Record<string, readonly string[]>>;
  /** How long, in seconds, one preview or update may wait for registries altogether. */
  readonly timeBudgetSeconds: number;
}

export const defaultSettings: Settings = {
  exclude: [],
  insecureRegistries: [],
  mirrors: {},
  timeBudgetSeconds: 60,
};

/** The `configSchema.properties` of each policy, from which the engine refuses values of a wrong type. */
export const settingsSchema: Record<string, PolicyConfigJSONSchema> = {
  exclude: {
    type: "array",
    description: "Images that the guard leaves alone. Each exemption is printed with its reason.",
    items: {
      type: "object",
      required: ["image", "reason"],
      properties: {
        image: { type: "string", minLength: 1, description: "`*` any characters but `/`, `**` any at all" },
        reason: { type: "string", minLength: 1 },
      },
    },
  },
  insecureRegistries: {
    type: "array",
    description: "Registries (host[:port]) that may be asked over plain http.",
    items: { type: "string", minLength: 1 },
  },
  mirrors: {
    type: "object",
    description: "Registry → list of mirrors (host[:port][/prefix]) to ask before it.",
    additionalProperties: { type: "array", items: { type: "string", minLength: 1 } },
  },
  timeBudgetSeconds: {
    type: "number",
    description: "How long one preview or update may wait for registries altogether.",
    minimum: 1,
    maximum: 3600,
    default: defaultSettings.timeBudgetSeconds,
  },
};

/** The settings that a configuration gives, and what is wrong with it in words; a wrong value falls back to the default. */
export interface ReadSettings {
  readonly settings: Partial<Settings>;
  readonly problems: readonly string[];
}

/**
 * Reads a policy's configuration. The engine checks types for packs that it configures, but accepts unknown keys;
 * the library is called without an engine. So everything is checked here.
 */
export function readSettings(config: unknown): ReadSettings {
  const problems: string[] = [];
  const settings: { -readonly [K in keyof Settings]?: Settings[K] } = {};
  const entries = isRecord(config) ? Object.entries(config) : [];
  for (const [key, value] of entries) {
    switch (key) {
      case "exclude":
        if (isList(value, isExclusion)) settings.exclude = value.map((e) => checkedExclusion(e, problems));
        else problems.push("`exclude` must be a list of { image, reason }, both non-empty strings.");
        break;
      case "insecureRegistries":
        if (isList(value, isName)) settings.insecureRegistries = value;
        else problems.push("`insecureRegistries` must be a list of host[:port].");
        break;
      case "mirrors":
        if (isRecord(value) && Object.values(value).every((v) => isList(v, isName)))
          settings.mirrors = value as Settings["mirrors"];
        else problems.push("`mirrors` must map a registry to a list of host[:port][/prefix].");
        break;
      case "timeBudgetSeconds":
        if (typeof value === "number" && value >= 1 && value <= 3600) settings.timeBudgetSeconds = value;
        else problems.push("`timeBudgetSeconds` must be a number from 1 to 3600.");
        break;
      default:
        problems.push(unknownKey(key, Object.keys(settingsSchema)));
    }
  }
  return { settings, problems };
}

/** What the policies share is given once, on the first; what another policy says itself comes on top. */
export function mergeSettings(...layers: readonly Partial<Settings>[]): Settings {
  return layers.reduce<Settings>(
    (merged, layer) => ({
      exclude: [...merged.exclude, ...(layer.exclude ?? [])],
      insecureRegistries: [...new Set([...merged.insecureRegistries, ...(layer.insecureRegistries ?? [])])],
      mirrors: { ...merged.mirrors, ...layer.mirrors },
      timeBudgetSeconds: layer.timeBudgetSeconds ?? merged.timeBudgetSeconds,
    }),
    defaultSettings,
  );
}

function checkedExclusion(exclusion: Exclusion, problems: string[]): Exclusion {
  for (const key of Object.keys(exclusion)) {
    if (key !== "image" && key !== "reason") problems.push(unknownKey(key, ["image", "reason"], "exclude"));
  }
  return { image: exclusion.image, reason: exclusion.reason };
}

function unknownKey(key: string, known: readonly string[], inside?: string): string {
  const where = inside === undefined ? "" : ` in \`${inside}\``;
  const near = closest(key, known);
  const hint = near === undefined ? `Known: ${known.join(", ")}.` : `Did you mean \`${near}\`?`;
  return `Unknown setting \`${printable(key, 60)}\`${where}. ${hint}`;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}

function isExclusion(value: unknown): value is Exclusion {
  return isRecord(value) && isName(value["image"]) && isName(value["reason"]);
}

function isList<T>(value: unknown, isItem: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(isItem);
}
