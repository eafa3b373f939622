import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as rpc from "@pulumi/pulumi/runtime/rpc";
import { readMetafile } from "../../scripts/bundle/metafile";
import { checkout } from "../../scripts/bundle/places";
import * as standInRpc from "../../scripts/bundle/stand-ins/pulumi-rpc";

const folder = "scripts/bundle/stand-ins";

/** Each stand-in → the modules in the bundle that require it, and by which name. */
const importers = new Map<string, { file: string; name: string }[]>();
for (const [file, { imports }] of Object.entries(readMetafile().inputs))
  for (const { path, original } of imports)
    if (path.startsWith(`${folder}/`))
      importers.set(path, [...(importers.get(path) ?? []), { file, name: original ?? "" }]);

/** What a CommonJS module uses of another one that it requires. */
function usedOf(required: string, source: string): string[] {
  const call = `require\\(["']${required}["']\\)`;
  const variable = new RegExp(`(\\w+) = (?:__importStar\\()?${call}(?!\\s*\\.)`).exec(source)?.[1] ?? call;
  const uses = source.matchAll(new RegExp(`(?<![\\w"'])(?:${variable}|${call})\\s*\\.(\\w+)`, "g"));
  return [...uses].map(([, property = ""]) => property);
}

describe("the modules that stand in for a large package in the bundle", () => {
  const files = readdirSync(join(checkout, folder)).filter((file) => !file.endsWith(".d.ts"));
  for (const file of files)
    it(`have everything that the bundle uses of what ${file} replaces`, async () => {
      const path = join(folder, file);
      const exported = (await import(join(checkout, path))) as object;
      const modules = importers.get(path) ?? [];
      assert.ok(modules.length > 0, "nothing imports it");
      const used = modules.flatMap(({ file, name }) => {
        // The compiler and esbuild check what our own modules import.
        if (!file.startsWith("node_modules/")) return [];
        const found = usedOf(name, readFileSync(join(checkout, file), "utf8"));
        assert.ok(found.length > 0, `${file} uses nothing of ${name}`);
        return found;
      });
      assert.deepEqual(
        [...new Set(used)].filter((name) => !(name in exported)),
        [],
      );
    });

  it("mark assets, archives and secrets as Pulumi's SDK does", () => {
    for (const [name, mark] of Object.entries(standInRpc))
      assert.equal(mark, rpc[name as keyof typeof rpc], name);
  });
});
