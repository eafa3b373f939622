// settings/ is the pack's configuration. Everything comes from the schema in this file; `check.ts` checks a configuration against
// it, and `index.ts` has the types, the defaults and how configurations are merged.
import type { PolicyConfigJSONSchema } from "@pulumi/policy/schema";
import { runtimeNames } from "../runtimes/predict";
import { launchTypeNames } from "../runtimes/ecs-runtimes";

/** A text of something else than white space. */
const text = { type: "string", pattern: "\\S" } as const satisfies PolicyConfigJSONSchema;
/** More than anybody writes; each exemption is held against every image, for one. */
export const maxItems = 1_000;
const seconds = { type: "number", minimum: 1, maximum: 3600 } as const satisfies PolicyConfigJSONSchema;

/**
 * Every setting: its form, and what it means in one sentence. From this table come each policy's `configSchema`, the
 * check of what is configured, the JSON Schema for editors (`config.schema.json`) and the README's table.
 */
export const settingsSchema = {
  exclude: {
    type: "array",
    maxItems,
    description:
      "Exemptions, each with a reason; they hold where all of `image`, `stack` and `resource` that are given fit, through the day `until`. Each one in force is printed, and so is one that has ended.",
    items: {
      type: "object",
      required: ["reason"],
      additionalProperties: false,
      properties: {
        image: {
          ...text,
          description:
            "pattern of image names; without a tag it covers all tags; an image with a digest only if it has no tag, or a digest too",
        },
        stack: { ...text, description: "pattern of `stack` or `project/stack`" },
        resource: { ...text, description: "pattern of a resource's name or URN" },
        until: {
          type: "string",
          format: "date",
          pattern: "^\\d{4}-\\d{2}-\\d{2}$",
          description: "last day, `YYYY-MM-DD` (UTC)",
        },
        reason: text,
      },
    },
  },
  allowTagExemptions: {
    type: "boolean",
    description:
      "Whether a resource's tag `ecs-image-guard:exempt` = `YYYY-MM-DD reason` exempts its images through that day.",
    default: false,
  },
  allowOciMix: {
    type: "boolean",
    description:
      "Let a gzip and zstd mix pass, with a remark, where it pulls on containerd 1.5 and later (OCI media types).",
    default: false,
  },
  runtimes: {
    type: "object",
    description:
      "Launch type → container runtimes that its tasks may meet, where you know better than the defaults.",
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
      "Look at the first bytes of every layer too: finds layers that are not what their media type says, for a request a layer.",
    default: false,
  },
  buildkitVersion: {
    type: "string",
    description:
      "The BuildKit that builds your images, such as `0.31.0`, for `build-compression`. Unknown: the worse case counts.",
    pattern: "^v?\\d+\\.\\d+",
  },
  insecureRegistries: {
    type: "array",
    maxItems,
    description:
      "Registries (`host[:port]`) that may be asked over plain http, or with a certificate that proves nothing.",
    items: text,
  },
  mirrors: {
    type: "object",
    description:
      "Registry → mirrors (`host[:port][/prefix]`) to ask before it, in this order, with their own logins.",
    additionalProperties: { type: "array", maxItems, items: text },
  },
  awsIdentities: {
    type: "object",
    description:
      "AWS account id (12 digits) or private ECR registry → the identity that reads its images and secrets, in place of the resource's provider's.",
    additionalProperties: {
      type: "object",
      additionalProperties: false,
      properties: {
        profile: { ...text, description: "of the shared AWS configuration" },
        roleArn: { ...text, description: "assumed with the profile, or the default chain" },
        externalId: text,
        sessionName: { ...text, description: "default: ecs-image-guard" },
        region: { ...text, description: "where STS is asked; default: the registry's" },
      },
    },
  },
  cache: {
    type: "object",
    description:
      "Manifests and configs are kept by digest in your cache folder, so that the next run need not fetch them.",
    additionalProperties: false,
    properties: {
      enabled: { type: "boolean", description: "default: true" },
      directory: { ...text, description: "another folder to keep them in" },
      maxMegabytes: { type: "number", minimum: 1, maximum: 100_000, description: "default: 256" },
    },
  },
  summary: {
    type: "boolean",
    description: "Whether a run ends with one line that says images, requests, cache hits and time.",
    default: true,
  },
  timeBudgetSeconds: {
    ...seconds,
    description:
      "How long one preview or update may wait for registries altogether; what is undecided then is unverified.",
    default: 60,
  },
  imageTimeoutSeconds: {
    ...seconds,
    description:
      "How long the look-up of one image may take, retries included. Behind a registry that limits the rate of requests: as long as `timeBudgetSeconds` allows.",
    default: 30,
  },
  requestTimeoutSeconds: {
    ...seconds,
    description: "How long one request may take, from its sending to the last byte of the answer.",
    default: 10,
  },
} as const satisfies Record<string, PolicyConfigJSONSchema>;

/**
 * The table as the engine gets it: with the defaults in words only. What stands under `default` the engine fills in for each
 * policy, after which what is given once for all policies, or by the pack's own code, would count for none.
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
