import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";
import { checkout } from "./places";

/**
 * Writes the library's types, all in one file. They name types of `@pulumi/policy` and of Node, and of nothing else. `npm run types`
 * checks the code: here that would double the time of a build.
 */
export async function bundleTypes(file: string): Promise<void> {
  const declarations = mkdtempSync(join(tmpdir(), "ecs-image-guard-types-"));
  try {
    const tsc = [
      require.resolve("typescript/bin/tsc"),
      ...["--project", "tsconfig.json", "--outDir", declarations],
      ...["--noCheck", "--emitDeclarationOnly"],
    ];
    const { status } = spawnSync(process.execPath, tsc, { cwd: checkout, stdio: "inherit" });
    if (status !== 0) throw new Error("The types cannot be made.");
    const bundle = await rollup({
      input: join(declarations, "index.d.ts"),
      external: [/^@pulumi\/policy(\/|$)/, /^node:/],
      plugins: [dts()],
      onwarn: ({ message }) => {
        throw new Error(message);
      },
    });
    await bundle.write({ file });
    await bundle.close();
  } finally {
    rmSync(declarations, { recursive: true, force: true });
  }
}
