import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { assertEnded, appeared } from "../../support/process/processes";
import { Home } from "../../support/registry/logins";

const login = resolve(__dirname, "../../policypack/logins/login-search.ts");

describe("credential helpers that hang", () => {
  let home: Home;
  beforeEach(async () => {
    if (process.platform === "win32") return;
    home = await Home.create();
    await home.write("config.json", { credHelpers: { "ghcr.io": "x" } });
    const pids = `echo $! > '${home.path("child")}'; echo $$ > '${home.path("own")}'`;
    await home.helper("x", `sleep 60 & ${pids}; wait`);
  });
  afterEach(() => home.remove());

  for (const signal of ["SIGKILL", "SIGTERM", "SIGINT"] as const)
    it(`end with what they started when the process that asked them ends by ${signal}`, async function () {
      if (process.platform === "win32") this.skip();
      const source = `const { loginCredentials } = require(${JSON.stringify(login)});
        void loginCredentials()("ghcr.io", "app");`;
      const args = ["--import", "tsx", "--input-type=commonjs", "-e", source];
      const env = { ...process.env, ...home.env({ DOCKER_CONFIG: home.folder }) };
      const asking = spawn(process.execPath, args, { env, stdio: "ignore" });
      try {
        await appeared(home.path("own"));
      } finally {
        asking.kill(signal);
      }
      for (const name of ["own", "child"]) await assertEnded(Number(await readFile(home.path(name), "utf8")));
    });
});
