import js from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["bin/", "coverage/", "node_modules/"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { project: "./test/tsconfig.json", tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "max-lines": ["error", { max: 250 }],
      // The data's way (design): the core is pure, and rooms import only what lies before them.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
    },
  },
  {
    files: ["policypack/oci/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: ["../*", "node:net", "node:http*", "node:fs*", "undici"] },
      ],
    },
  },
  {
    files: ["policypack/builds/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          // How a resource's values are read, unknown ones too, is the same for workloads and builds.
          patterns: [
            "**/registry/**",
            "**/policies/**",
            "**/workloads/*",
            "!**/workloads/values",
            "**/inspector",
            "undici",
            "node:*",
          ],
        },
      ],
    },
  },
  {
    files: ["policypack/registry/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: ["**/policies/**", "**/workloads/**", "**/inspector", "@pulumi/*"] },
      ],
    },
  },
  {
    files: ["policypack/workloads/**", "policypack/policies/**"],
    rules: { "no-restricted-imports": ["error", { patterns: ["undici", "node:net", "node:http*"] }] },
  },
  {
    // mocha's chained expectations and tables read better without these.
    files: ["test/**", "bench/**", "demo/**"],
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
