// What `pulumi-analyzer-policy-nodejs` does: runs the pack in the working folder with that pack's own Pulumi SDK.
const { createRequire } = require("node:module");
const host = "@pulumi/pulumi/cmd/run-policy-pack";

function installed() {
  try {
    return createRequire(`${process.cwd()}/package.json`).resolve(host);
  } catch {
    // Packs that a test writes may have no libraries of their own.
    return require.resolve(host);
  }
}

// Node runs it by name, and so says argv: whatever asks how the pack was started must see no difference.
process.argv[1] = installed();
require(process.argv[1]);
