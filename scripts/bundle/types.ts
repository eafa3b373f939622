import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";
import { flattenDiagnosticMessageText, preProcessFile, transpileDeclaration } from "typescript";
import { checkout } from "./places";

const sources = join(checkout, "policypack");

/**
 * Writes the library's types, all in one file. They name types of `@pulumi/policy` and of Node, and of nothing else.
 *
 * @throws if a file that the types come from does not annotate what it exports (`isolatedDeclarations`)
 */
export async function bundleTypes(file: string): Promise<void> {
  const declarations = mkdtempSync(join(tmpdir(), "ecs-image-guard-types-"));
  try {
    declare(declarations);
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

/**
 * Writes the declarations of the library and of each file that they import. Each comes from its file alone, without TypeScript's
 * checker, which would read the types of the AWS SDK first: that takes longer than the rest of a build. `npm run types` checks the code.
 */
function declare(folder: string): void {
  const reached = new Set([join(sources, "index.ts")]);
  // A set is iterated to its end, whatever is added meanwhile.
  for (const source of reached) {
    const declaration = declarationOf(source);
    const target = join(folder, relative(sources, source).replace(/\.ts$/, ".d.ts"));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, declaration);
    for (const { fileName } of preProcessFile(declaration).importedFiles)
      if (fileName.startsWith(".")) reached.add(moduleFile(resolve(dirname(source), fileName)));
  }
}

function declarationOf(source: string): string {
  const { outputText, diagnostics = [] } = transpileDeclaration(readFileSync(source, "utf8"), {
    fileName: source,
    reportDiagnostics: true,
    compilerOptions: { isolatedDeclarations: true, strict: true },
  });
  const [problem] = diagnostics;
  if (problem === undefined) return outputText;
  const { line = 0 } = problem.file?.getLineAndCharacterOfPosition(problem.start ?? 0) ?? {};
  const words = flattenDiagnosticMessageText(problem.messageText, "\n");
  throw new Error(`${relative(checkout, source)}:${line + 1}: ${words}`);
}

function moduleFile(path: string): string {
  const file = [`${path}.ts`, join(path, "index.ts")].find((candidate) => existsSync(candidate));
  if (file === undefined) throw new Error(`${relative(checkout, path)} is not a module of ours`);
  return file;
}
