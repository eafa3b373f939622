import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";

const checkout = join(__dirname, "../..");

/** What a script prints that uses the package by its name, as another project would. */
function run(script: string): string {
  return execFileSync(process.execPath, ["-e", script], { cwd: checkout, encoding: "utf8" });
}

describe("the library", () => {
  it("parses references for others", () => {
    const script = `
      const { parseReference, InvalidReferenceError } = require("pulumi-ecs-image-guard");
      console.log(JSON.stringify(parseReference("nginx:1.27")));
      try { parseReference("No Name"); } catch (error) { console.log(error instanceof InvalidReferenceError, error.name); }`;
    assert.equal(
      run(script),
      '{"registry":"docker.io","repository":"library/nginx","tag":"1.27"}\ntrue InvalidReferenceError\n',
    );
  });

  it("gives its policies without a side effect: nothing is printed, served or kept open", () => {
    const script = `
      const policies = require("pulumi-ecs-image-guard").ecsImagePolicies();
      process.on("exit", () => console.log(policies.map(({ name, enforcementLevel }) => name + " " + enforcementLevel).join()));`;
    const levels = [
      "mixed-layer-compression mandatory",
      "unpullable-layers mandatory",
      "platform-mismatch mandatory",
      "image-name mandatory",
      "registry-login mandatory",
      "image-size mandatory",
      "missing-image advisory",
      "unverified-image advisory",
      "build-compression advisory",
      "execution-role mandatory",
      "task-network mandatory",
    ];
    assert.equal(run(script), `${levels.join()}\n`);
  });

  it("does not load the HTTP library or the AWS SDK before the first image", () => {
    const script = `
      require("pulumi-ecs-image-guard").ecsImagePolicies();
      console.log(Object.keys(require.cache).filter((file) => /node_modules\\/(undici|@aws-sdk|@pulumi\\/aws)\\//.test(file)).length);`;
    assert.equal(run(script), "0\n");
  });

  it("tunnels through a proxy with the HTTP library in the bundle", () => {
    const script = `
      const server = require("node:http").createServer().listen(0, "127.0.0.1", async () => {
        process.env.HTTPS_PROXY = "http://127.0.0.1:" + server.address().port;
        const found = await require("pulumi-ecs-image-guard").inspectImage("registry.invalid/app:1");
        console.log(found.failure.message.replace(/ the proxy \\S+/, ""));
        server.close();
      });
      server.on("connect", ({ url }, socket) => socket.end("HTTP/1.1 403 No " + url + "\\r\\n\\r\\n"));`;
    assert.match(
      run(script),
      /registry\.invalid cannot be reached through \(HTTPS_PROXY\), which refuses to connect to it \(HTTP 403\)/,
    );
  });
});
