import { readFileSync, writeFileSync } from "node:fs";
import { registriesFile, registriesPage } from "./registries-page";
import { readmeFile, withSettingsTable } from "./settings-table";

/** Writes the documentation that is made from data: `npm run docs`. Tests tell if a committed file is out of date. */
async function main(): Promise<void> {
  writeFileSync(readmeFile, await withSettingsTable(readFileSync(readmeFile, "utf8")));
  writeFileSync(registriesFile, await registriesPage());
}

void main();
