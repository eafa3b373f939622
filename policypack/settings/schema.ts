// settings/ is the pack's configuration. Everything comes from the schema in this file; `check.ts` checks a configuration against
// it, and `index.ts` has the types, the defaults and how configurations are merged.
import type { PolicyConfigJSONSchema } from "@pulumi/policy/schema";
import { runtimeNames } from "../runtimes/predict";
import { launchTypeNames } from "../runtimes/ecs-runtimes";

/** A text that is not blank. */
const text = { type: "string", pattern: "\\S" } as const satisfies PolicyConfigJSONSchema;
/** Each exemption is compared with every image, so the number is bounded. */
export const maxItems = 1_000;
const seconds = { type: "number", minimum: 1, maximum: 3600 } as const satisfies PolicyConfigJSONSchema;

/**
 * Every setting: its type, and what it does. From this table come each policy's `configSchema`, the
 * check of a configuration, the JSON Schema for editors (`config.schema.json`) and the table in `docs/configuration.md`.
 */
export const settingsSchema = {
  exclude: {
    type: "array",
    maxItems,
    description:
      "Exempts images, each with a reason. All given of `image`, `stack` and `resource` must match. The guard prints every exemption that it applies.",
    items: {
      type: "object",
      required: ["reason"],
      additionalProperties: false,
      properties: {
        image: {
          ...text,
          description: "pattern of image names; without a tag it matches all tags",
        },
        stack: { ...text, description: "pattern of `stack` or `project/stack`" },
        resource: { ...text, description: "pattern of resource names or URNs" },
        until: {
          type: "string",
          format: "date",
          pattern: "^\\d{4}-\\d{2}-\\d{2}$",
          description: "last day, `YYYY-MM-DD` in UTC",
        },
        reason: text,
      },
    },
  },
  allowTagExemptions: {
    type: "boolean",
    description:
      "Allows the resource tag `ecs-image-guard:exempt` = `YYYY-MM-DD reason` to exempt the images of that resource through that day.",
    default: false,
  },
  allowOciMix: {
    type: "boolean",
    description:
      "Allows mixes of gzip and zstd with OCI media types, which containerd 1.5 and later pull. The guard prints a remark.",
    default: false,
  },
  runtimes: {
    type: "object",
    description: "Container runtimes of each launch type, if you know them better than the defaults.",
    additionalProperties: false,
    properties: Object.fromEntries(
      launchTypeNames.map((name) => [
        name,
        { type: "array", minItems: 1, items: { type: "string", enum: [...runtimeNames] } },
      ]),
    ),
  },
  sniffLayers: {
    type: "boolean",
    description:
      "Checks the first bytes of every layer against its media type, at the cost of one request per layer.",
    default: false,
  },
  buildkitVersion: {
    type: "string",
    description:
      "BuildKit version that builds your images, such as `0.31.0`, for `build-compression`. Without it, the worst case of all versions counts.",
    pattern: "^v?\\d+\\.\\d+",
  },
  insecureRegistries: {
    type: "array",
    maxItems,
    description: "Registries (`host[:port]`) that may use plain http or an unverified TLS certificate.",
    items: text,
  },
  mirrors: {
    type: "object",
    description:
      "Mirrors (`host[:port][/prefix]`) of each registry, tried in this order before the registry. Each uses its own login.",
    additionalProperties: { type: "array", maxItems, items: text },
  },
  awsIdentities: {
    type: "object",
    description:
      "AWS identity that reads the images and secrets of an account (12 digits) or a private ECR registry, instead of the resource's provider.",
    additionalProperties: {
      type: "object",
      additionalProperties: false,
      properties: {
        profile: { ...text, description: "profile of the shared AWS configuration" },
        roleArn: { ...text, description: "role to assume, with the profile or the default credential chain" },
        externalId: text,
        sessionName: { ...text, description: "default: ecs-image-guard" },
        region: { ...text, description: "region of STS; default: the registry's" },
      },
    },
  },
  cache: {
    type: "object",
    description: "Cache of manifests and configs on disk, by digest.",
    additionalProperties: false,
    properties: {
      enabled: { type: "boolean", description: "default: true" },
      directory: { ...text, description: "default: your user's cache folder" },
      maxMegabytes: { type: "number", minimum: 1, maximum: 100_000, description: "default: 256" },
    },
  },
  summary: {
    type: "boolean",
    description: "Prints the violations and the cost of a run in one line each at its end.",
    default: true,
  },
  timeBudgetSeconds: {
    ...seconds,
    description:
      "Total time that one preview or update may wait for registries. Images without a verdict are unverified then.",
    default: 60,
  },
  imageTimeoutSeconds: {
    ...seconds,
    description:
      "Time limit for one image, retries included. An image behind a registry that limits the rate of requests may take the whole `timeBudgetSeconds`.",
    default: 30,
  },
  requestTimeoutSeconds: {
    ...seconds,
    description: "Time limit for one request, from sending it to the last byte of its response.",
    default: 10,
  },
} as const satisfies Record<string, PolicyConfigJSONSchema>;

/**
 * The schema for the engine, with the defaults only in the descriptions. The engine writes a `default` into the configuration of each policy,
 * because it would override the shared settings and those of the pack's own code.
 */
export const engineSchema: Readonly<Record<string, PolicyConfigJSONSchema>> = Object.fromEntries(
  Object.entries<PolicyConfigJSONSchema>(settingsSchema).map(([name, { default: value, ...schema }]) => [
    name,
    value === undefined
      ? schema
      : { ...schema, description: `${schema.description ?? ""} Default: ${JSON.stringify(value)}.` },
  ]),
);

export type SettingName = keyof typeof settingsSchema;

export const settingNames: readonly SettingName[] = Object.keys(settingsSchema).filter(isSettingName);

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settingsSchema, name);
}
