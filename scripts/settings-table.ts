import { join } from "node:path";
import type { PolicyConfigJSONSchema } from "@pulumi/policy/schema";
import { format, resolveConfig } from "prettier";
import { settingsSchema } from "../policypack/settings/schema";

export const configurationFile = join(__dirname, "../docs/configuration.md");
const start = "<!-- settings: made by `npm run docs` -->";
const end = "<!-- /settings -->";

/** The text of `docs/configuration.md` with the table of settings that the schema makes. */
export async function withSettingsTable(text: string): Promise<string> {
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from < 0 || to < from)
    throw new Error("docs/configuration.md lacks the marks of its table of settings");
  const made = `${text.slice(0, from)}${start}\n\n${table()}\n\n${text.slice(to)}`;
  return format(made, { ...(await resolveConfig(configurationFile)), parser: "markdown" });
}

function table(): string {
  const rows = Object.entries<PolicyConfigJSONSchema>(settingsSchema).map(([name, schema]) => {
    const { description = "", default: value } = schema;
    return `| \`${name}\` | ${description}${members(schema)} | ${value === undefined ? "none" : JSON.stringify(value)} |`;
  });
  return ["| setting | meaning | default |", "| --- | --- | --- |", ...rows].join("\n");
}

/** The fields of an object, or of a list's objects. */
function members({ items, properties }: PolicyConfigJSONSchema): string {
  const own = typeof items === "object" && !Array.isArray(items) ? items.properties : properties;
  if (own === undefined) return "";
  const fields = Object.entries(own).map(([name, field]) => {
    const words = typeof field === "object" ? field.description : undefined;
    return words === undefined ? `\`${name}\`` : `\`${name}\` (${words})`;
  });
  return ` Fields: ${fields.join(", ")}.`;
}
