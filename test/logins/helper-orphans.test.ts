import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ManualClock } from "../../support/mocha/manual-clock";
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
    const detached = `setsid sh -c 'echo $$ > "${home.path("detached")}"; exec sleep 60' &`;
    await home.helper("x", `${process.platform === "linux" ? detached : ""} sleep 60 & ${pids}; wait`);
  });
  afterEach(() => home.remove());

  // A process of another session is found by its environment, which only Linux shows.
  const names = ["own", "child", ...(process.platform === "linux" ? ["detached"] : [])];

  it("are ended with their children when their time is over", async function () {
    if (process.platform === "win32") this.skip();
    const clock = new ManualClock();
    const source = home.source({ DOCKER_CONFIG: home.folder }, clock);
    const ended = assert.rejects(Promise.resolve(source("ghcr.io", "app")), /did not end within 10 s/);
    for (const name of names) await appeared(home.path(name));
    await clock.pass(10_000);
    await ended;
    for (const name of names) await assertEnded(Number(await readFile(home.path(name), "utf8")));
  });

  for (const signal of ["SIGKILL", "SIGTERM", "SIGINT"] as const)
    it(`are ended with their children when the process that runs them ends by ${signal}`, async function () {
      if (process.platform === "win32") this.skip();
      const source = `const { loginCredentials } = require(${JSON.stringify(login)});
        void loginCredentials()("ghcr.io", "app");`;
      const args = ["--import", "tsx", "--input-type=commonjs", "-e", source];
      const env = { ...process.env, ...home.env({ DOCKER_CONFIG: home.folder }) };
      const asking = spawn(process.execPath, args, { env, stdio: "ignore" });
      try {
        for (const name of names) await appeared(home.path(name));
      } finally {
        asking.kill(signal);
      }
      for (const name of names) await assertEnded(Number(await readFile(home.path(name), "utf8")));
    });
});
