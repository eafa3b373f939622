import js from "@eslint/js";
import tseslint from "typescript-eslint";

/** Packages and modules through which code reaches the outside. */
const outside = [
  "undici",
  "node:net",
  "node:tls",
  "node:http*",
  "node:fs*",
  "node:child_process",
  "@aws-sdk/*",
];

/**
 * The rooms of `policypack/` and the other rooms that each may import. Data flows one way (CONTRIBUTING.md): a room knows only those
 * above it. Rooms without `outside` are pure.
 */
export const rooms = {
  common: { knows: [] },
  oci: { knows: ["common"] },
  runtimes: { knows: ["oci", "common"] },
  builds: { knows: ["runtimes", "oci", "common"] },
  workloads: { knows: ["runtimes", "oci", "common"] },
  program: { knows: ["workloads", "aws", "oci", "common"] },
  logins: { knows: ["common"], outside: true },
  http: { knows: ["common"], outside: true },
  cache: { knows: ["oci", "common"], outside: true },
  aws: { knows: ["http", "logins", "oci", "common"], outside: true },
  registry: { knows: ["aws", "http", "logins", "cache", "oci", "common"], outside: true },
  settings: { knows: ["aws", "http", "workloads", "runtimes", "oci", "common"] },
  exemptions: { knows: ["settings", "oci", "common"] },
  inspection: { knows: ["registry", "aws", "http", "runtimes", "oci", "common"] },
  report: {
    knows: ["inspection", "exemptions", "settings", "builds", "workloads", "runtimes", "oci", "common"],
  },
  policies: { knows: ["report", "inspection", "program", "aws", "workloads", "runtimes", "oci", "common"] },
};

/** One block of ESLint's configuration for each room: it cannot import what it does not know. */
function borders() {
  return Object.entries(rooms).map(([room, { knows, outside: mayLeave = false }]) => ({
    files: [`policypack/${room}/**`],
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: `^(?:\\.\\./)+(?!(?:${[room, ...knows].join("|")})(?:/|$))[a-z-]+/`,
              message: `${room}/ may import ${knows.join(", ") || "no other room"}.`,
            },
            ...(mayLeave ? [] : [{ group: outside, message: `${room}/ does no I/O.` }]),
            { group: ["@pulumi/*"], allowTypeImports: true, message: "Only run/ and pack.ts face Pulumi." },
          ],
        },
      ],
    },
  }));
}

export default tseslint.config(
  { ignores: ["dist/", "coverage/", "node_modules/"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { project: "./test/tsconfig.json", tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "max-lines": ["error", { max: 300 }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
    },
  },
  ...borders(),
  {
    // mocha's chained expectations and tables read better without these.
    files: ["test/**", "support/**", "bench/**", "demo/**"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unused-expressions": "off",
    },
  },
  {
    files: ["**/*.mjs", "**/*.js", "**/*.cjs"],
    ...tseslint.configs.disableTypeChecked,
    rules: { ...tseslint.configs.disableTypeChecked.rules, "@typescript-eslint/no-require-imports": "off" },
    languageOptions: {
      ...tseslint.configs.disableTypeChecked.languageOptions,
      globals: { process: "readonly", console: "readonly", require: "readonly", module: "writable" },
    },
  },
);
