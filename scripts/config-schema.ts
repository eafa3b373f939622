import { ecsImagePolicies } from "../policypack";
import { schemaKey } from "../policypack/settings";
import { settingsSchema } from "../policypack/settings/schema";

const levels = ["advisory", "mandatory", "remediate", "disabled"];

/**
 * The JSON Schema (draft 7) of a configuration file as `--policy-pack-config` and policy groups take it: each policy's level
 * alone, or with its settings.
 */
export function configSchema(): object {
  const level = { type: "string", enum: levels, description: "What a violation does." };
  const schema = {
    type: "string",
    description: "This schema, for editors. Pulumi itself refuses it at the top of a file.",
  };
  const policies: [name: string, schema: object][] = ecsImagePolicies().map(({ name, description }) => [
    name,
    {
      description,
      anyOf: [
        level,
        {
          type: "object",
          properties: { [schemaKey]: schema, enforcementLevel: level, ...settingsSchema },
          additionalProperties: false,
        },
      ],
    },
  ]);
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Configuration of the policy pack ecs-image-guard",
    type: "object",
    properties: {
      [schemaKey]: schema,
      all: { ...level, description: "The level of every policy that has none of its own." },
      ...Object.fromEntries(policies),
    },
    additionalProperties: false,
  };
}
