import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import {
  build as esbuild,
  type BuildOptions,
  type Metafile,
  type OutputFile,
  type Plugin,
  transform,
} from "esbuild";
import { analyzerInfoFile, digestOf, partsFile } from "../../policypack/start/parts";
import { analyzerInfo } from "./analyzer-info";
import { checkout, startFile } from "./places";

const target = "node20";

/** Names stay whole, so that stack traces and the bundle can be read. */
const shared = {
  absWorkingDir: checkout,
  bundle: true,
  // The names of sources, and so the bytes, do not depend on where the packages lie.
  preserveSymlinks: true,
  platform: "node",
  target,
  // The AWS SDK has an edition of ECMAScript modules, of which only what is used gets in.
  mainFields: ["module", "main"],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
  write: false,
} as const satisfies BuildOptions;

/** The doors of the package: file in `bin/` → source. */
const doors = {
  pack: "policypack/start/pack-door.ts",
  cli: "policypack/start/cli-door.ts",
  index: "policypack/start/library-door.ts",
};

/** Bundled by itself, into one file: split, the SDK's own late imports would make thirty files of it. */
const awsSdk = { source: "policypack/aws/sdk.ts", file: "aws-sdk.js" };

/** Modules of which a pack uses little, and ours with that little. */
const standIns: Readonly<Record<string, string>> = {
  "@pulumi/pulumi": "pulumi.ts",
  "@pulumi/pulumi/runtime/rpc": "pulumi-rpc.ts",
  "@grpc/grpc-js": "grpc.ts",
  "./make-client": "grpc-make-client.ts",
  "@grpc/proto-loader": "proto-loader.ts",
  undici: "undici.ts",
};

const standInPlugin: Plugin = {
  name: "stand-ins",
  setup: (build) => {
    build.onResolve({ filter: new RegExp(`^(${Object.keys(standIns).join("|")})$`) }, ({ path }) => ({
      path: join(__dirname, "stand-ins", standIns[path] ?? ""),
    }));
  },
};

const awsSdkPlugin: Plugin = {
  name: "aws-sdk",
  setup: (build) => {
    build.onResolve({ filter: /^\.\/sdk$/ }, () => ({ path: `./${awsSdk.file}`, external: true }));
  },
};

/** Modules that are loaded late, by dynamic imports, about when the HTTP library is: one file of the bundle holds them all. */
const lateModules = {
  filter: /^(\.\/(sdk-http|image-source)|yocto-spinner)$/,
  file: join(__dirname, "late-modules.ts"),
};

const lateModulesPlugin: Plugin = {
  name: "late-modules",
  setup: (build) => {
    build.onResolve({ filter: lateModules.filter }, ({ kind }) =>
      kind === "dynamic-import" ? { path: lateModules.file } : undefined,
    );
  },
};

/**
 * Bundles the pack, the command and the library into `bin/` of a folder, and what starts the pack into its `node_modules`.
 *
 * The doors share chunks, so each class exists once, and the AWS SDK lies in chunks that are loaded when they are needed first.
 * esbuild splits ECMAScript modules only; Node 20.18 and Pulumi's `require` need CommonJS, so each chunk is converted after that.
 *
 * @returns what esbuild says of the inputs of each output
 */
export async function bundleJavaScript(folder: string): Promise<Metafile> {
  const bin = join(folder, "bin");
  const own = await esbuild({
    ...shared,
    entryPoints: doors,
    format: "esm",
    splitting: true,
    outdir: bin,
    chunkNames: "[name]-[hash]",
    plugins: [standInPlugin, awsSdkPlugin, lateModulesPlugin],
  });
  const aws = await buildOne(awsSdk.source, join(bin, awsSdk.file));
  const start = await buildOne("policypack/start/run-policy-pack.ts", join(folder, startFile));
  const parts: Record<string, string> = {};
  for (const file of [...own.outputFiles, ...aws.outputFiles].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const code = await commonJs(file);
    parts[basename(file.path)] = digestOf(Buffer.from(code));
    write(file.path, code);
  }
  const info = await analyzerInfo();
  parts[analyzerInfoFile] = digestOf(info);
  write(join(bin, analyzerInfoFile), info);
  for (const { path, text } of start.outputFiles) write(path, text);
  write(join(bin, partsFile), `${JSON.stringify(parts, undefined, 1)}\n`);
  for (const program of ["cli.js", "pack.js"]) chmodSync(join(bin, program), 0o755);
  const all = [own, aws, start].map(({ metafile }) => metafile);
  return {
    inputs: Object.assign({}, ...all.map(({ inputs }) => inputs)) as Metafile["inputs"],
    outputs: Object.assign({}, ...all.map(({ outputs }) => outputs)) as Metafile["outputs"],
  };
}

function buildOne(source: string, outfile: string) {
  return esbuild({ ...shared, entryPoints: [source], format: "cjs", outfile });
}

async function commonJs({ text }: OutputFile): Promise<string> {
  const { code } = await transform(text, {
    format: "cjs",
    platform: "node",
    target,
    supported: { "dynamic-import": false },
    minifySyntax: true,
    minifyWhitespace: true,
  });
  return code;
}

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
