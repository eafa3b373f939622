import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { quirks } from "./registry-quirks";

export const registriesFile = join(__dirname, "../docs/registries.md");

const head = `<!-- made by \`npm run docs\` from scripts/registry-quirks.ts -->

# Registries and their quirks

The guard reads every registry by the OCI distribution specification, and private ECR by its API. This table lists what some registries do
differently, what the guard does about it, and where we learnt it. A test imitates each row (\`test/registry/quirks.test.ts\`).

| registry | what it does | what the guard does | |
| --- | --- | --- | --- |`;

/** The text of `docs/registries.md`. */
export async function registriesPage(): Promise<string> {
  const rows = quirks.map(
    ({ registry, does, guard, source }) => `| ${registry} | ${does} | ${guard} | [source](${source}) |`,
  );
  const page = [head, ...rows].join("\n");
  return format(page, { ...(await resolveConfig(registriesFile)), parser: "markdown" });
}
