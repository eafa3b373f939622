import { readFileSync, writeFileSync } from "node:fs";
import { messagesFile, messagesPage } from "./messages-page";
import { registriesFile, registriesPage } from "./registries-page";
import { runtimesFile, runtimesPage } from "./runtimes-page";
import { configurationFile, withSettingsTable } from "./settings-table";

/** The pages that are made from data: file → its text. */
export async function generatedPages(): Promise<Map<string, string>> {
  return new Map([
    [configurationFile, await withSettingsTable(readFileSync(configurationFile, "utf8"))],
    [messagesFile, await messagesPage()],
    [registriesFile, await registriesPage()],
    [runtimesFile, await runtimesPage()],
  ]);
}

/** Writes them: `npm run docs`. A test fails if a committed page is out of date. */
async function main(): Promise<void> {
  for (const [file, text] of await generatedPages()) writeFileSync(file, text);
}

if (require.main === module) void main();
