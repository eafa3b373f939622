import assert from "node:assert/strict";
import { chmod, readFile } from "node:fs/promises";
import { ManualClock } from "../../support/mocha/manual-clock";
import { appeared, assertEnded } from "../../support/process/processes";
import { entry, Home, marker, userOf } from "../../support/registry/logins";

const good = `echo "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"helped\\",\\"Secret\\":\\"${marker}\\"}"`;
const notFound = "echo 'credentials not found in native keychain'; exit 1";

const faults: readonly { what: string; script: string; says: RegExp }[] = [
  { what: "prints garbage", script: `echo '${marker}'`, says: /^the output of .* is not JSON/ },
  { what: "prints half an answer", script: `printf '{"Secret":"${marker}'`, says: /is not JSON/ },
  { what: "prints nothing", script: "exit 0", says: /is not JSON/ },
  { what: "prints a list", script: `echo '["${marker}"]'`, says: /is not a JSON object/ },
  { what: "prints a wrong type", script: `echo '{"Username":["${marker}"]}'`, says: /wrong Username/ },
  {
    what: "fails with its secret in the output and the error output",
    script: `echo '{"Secret":"${marker}"}'; echo ${marker} >&2; exit 3`,
    says: /^the credential helper docker-credential-x failed with exit status 3$/,
  },
  { what: "says not found but succeeds", script: notFound.replace("exit 1", "exit 0"), says: /is not JSON/ },
  { what: "is killed", script: "kill -TERM $$", says: /was ended by SIGTERM$/ },
  { what: "prints 100 MB", script: "head -c 100000000 /dev/zero", says: /printed more than 64 KiB$/ },
  { what: "prints without end", script: `yes ${marker}`, says: /printed more than 64 KiB$/ },
];

describe("a credential helper", function () {
  if (process.platform === "win32") return;
  let home: Home;
  beforeEach(async () => {
    home = await Home.create();
    await home.write(".docker/config.json", { credsStore: "x", auths: { "ghcr.io": entry("file") } });
  });
  afterEach(() => home.remove());

  it("gets the server's name with `get`, and returns a user name and a secret", async () => {
    await home.helper("x", good);
    const credential = await home.source()("ghcr.io", "team/app");
    assert.deepEqual(credential, { username: "helped", password: marker });
    assert.equal(await readFile(home.path("bin", "x.log"), "utf8"), "get ghcr.io\n");
  });

  it("gets the legacy key for Docker Hub", async () => {
    await home.helper("x", good);
    assert.equal(await userOf(home.source(), "docker.io"), "helped");
    assert.equal(await readFile(home.path("bin", "x.log"), "utf8"), "get https://index.docker.io/v1/\n");
  });

  it("gives an identity token under the user name <token>", async () => {
    await home.helper("x", `echo '{"Username":"<token>","Secret":"t"}'`);
    assert.deepEqual(await home.source()("ghcr.io", "app"), { identityToken: "t" });
  });

  const absences = { "finds nothing": notFound, "gives no secret": `echo '{"Username":"me"}'` };
  for (const [what, script] of Object.entries(absences))
    it(`that ${what} means no login, and auths is skipped, as docker does`, async () => {
      await home.helper("x", script);
      assert.equal(await userOf(home.source(), "ghcr.io"), undefined);
    });

  it("of the registry comes before the common one; an empty name means none", async () => {
    await home.helper("x", good);
    await home.helper("own", good.replace("helped", "own"));
    await home.write(".docker/config.json", {
      credsStore: "x",
      credHelpers: { "ghcr.io": "own", "quay.io": "" },
      auths: { "ghcr.io": entry("file"), "quay.io": entry("file") },
    });
    const source = home.source();
    const users = await Promise.all(["ghcr.io", "quay.io", "gcr.io"].map((name) => userOf(source, name)));
    assert.deepEqual(users, ["own", "file", "helped"]);
  });

  it("that finds no login is followed by Podman's logins", async () => {
    await home.helper("x", notFound);
    await home.write(".config/containers/auth.json", { auths: { "ghcr.io": entry("podman") } });
    assert.equal(await userOf(home.source(), "ghcr.io"), "podman");
  });

  it("runs once for a registry, even for many requests at a time, and gets its name only", async () => {
    await home.helper("x", good);
    const source = home.source();
    const ask = (n: number) => userOf(source, n % 2 === 0 ? "ghcr.io" : "quay.io", `team/app${n}`);
    await Promise.all(Array.from({ length: 20 }, (_, n) => ask(n)));
    await ask(0);
    const lines = (await readFile(home.path("bin", "x.log"), "utf8")).trim().split("\n").sort();
    assert.deepEqual(lines, ["get ghcr.io", "get quay.io"]);
  });

  it("may end without reading its input", async () => {
    await home.write("bin/docker-credential-x", `#!/bin/sh\necho '{"Username":"deaf","Secret":"s"}'\n`);
    await chmod(home.path("bin", "docker-credential-x"), 0o755);
    assert.equal(await userOf(home.source(), "ghcr.io"), "deaf");
  });

  for (const { what, script, says } of faults)
    it(`that ${what} is a fault in safe words`, async () => {
      await home.helper("x", script);
      await assert.rejects(home.source()("ghcr.io", "team/app"), (error: Error) => {
        assert.equal(error.name, "CredentialError");
        assert.match(error.message, says);
        assert.ok(!error.message.includes(marker), error.message);
        return true;
      });
    });

  it("that is missing or not executable is a fault", async () => {
    await assert.rejects(home.source()("ghcr.io", "app"), /CredentialError: .*-x is not on PATH$/);
    await home.helper("x", good);
    await chmod(home.path("bin", "docker-credential-x"), 0o644);
    await assert.rejects(
      home.source()("ghcr.io", "app"),
      /CredentialError: .* (cannot be run \(EACCES\)|is not on PATH)$/,
    );
  });

  it("that hangs is ended at its time limit with what it started, and is not run again", async () => {
    await home.helper(
      "x",
      `sleep 60 & echo $! > '${home.path("child")}'; echo $$ > '${home.path("own")}'; wait`,
    );
    const clock = new ManualClock();
    const source = home.source({}, clock);
    const says = /CredentialError: .*docker-credential-x did not end within 10 s$/;
    const ended = Promise.all(["a", "b"].map((name) => assert.rejects(source("ghcr.io", name), says)));
    for (const name of ["own", "child"]) await appeared(home.path(name));
    await clock.pass(10_000);
    await ended;
    await assert.rejects(source("ghcr.io", "c"), says);
    assert.equal(await readFile(home.path("bin", "x.log"), "utf8"), "get ghcr.io\n");
    for (const name of ["own", "child"]) await assertEnded(Number(await readFile(home.path(name), "utf8")));
  });
});
