import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, symlink } from "node:fs/promises";
import { promisify } from "node:util";
import { base64, Home, marker } from "../../support/registry/logins";

const faults: readonly { what: string; config: string; says: RegExp }[] = [
  {
    what: "half-written",
    config: `{"auths":{"ghcr.io":{"auth":"${marker}`,
    says: /config\.json is not JSON/,
  },
  { what: "with a byte order mark", config: "\ufeff{}", says: /is not JSON/ },
  { what: "of plain text", config: marker, says: /is not JSON/ },
  { what: "of a JSON string", config: `"${marker}"`, says: /is not a JSON object/ },
  { what: "of null", config: "null", says: /is not a JSON object/ },
  { what: "of an array", config: `["${marker}"]`, says: /is not a JSON object/ },
  { what: "with auths of text", config: `{"auths":"${marker}"}`, says: /wrong auths: an object is expected/ },
  { what: "with helpers in a list", config: `{"credHelpers":["${marker}"]}`, says: /wrong credHelpers/ },
  { what: "with a store that is a number", config: `{"credsStore":7}`, says: /wrong credsStore: a string/ },
  {
    what: "with a path for a store",
    config: `{"credsStore":"../${marker}"}`,
    says: /names a credential helper/,
  },
  {
    what: "with a command for a helper",
    config: `{"credHelpers":{"ghcr.io":"x; ${marker}"}}`,
    says: /names a/,
  },
  { what: "with a list for a helper", config: `{"credHelpers":{"ghcr.io":[]}}`, says: /names a credential/ },
  {
    what: "with an entry of text",
    config: `{"auths":{"ghcr.io":"${marker}"}}`,
    says: /for ghcr\.io in .* not an obj/,
  },
  {
    what: "with auth in plain text",
    config: `{"auths":{"ghcr.io":{"auth":"u:${marker}"}}}`,
    says: /base64 is/,
  },
  {
    what: "with unpadded base64",
    config: `{"auths":{"ghcr.io":{"auth":"YTpiYg"}}}`,
    says: /base64 is expected/,
  },
  {
    what: "without a colon in auth",
    config: JSON.stringify({ auths: { "ghcr.io": { auth: base64(marker) } } }),
    says: /base64 of user:password/,
  },
  {
    what: "without a user in auth",
    config: JSON.stringify({ auths: { "https://me:hunter2@ghcr.io/": { auth: base64(`:${marker}`) } } }),
    says: /the entry for ghcr\.io in .* base64 of user:password/,
  },
  {
    what: "with a number for a password",
    config: `{"auths":{"ghcr.io":{"password":1}}}`,
    says: /wrong password/,
  },
  { what: "of more than 1 MiB", config: " ".repeat(1024 * 1024 + 1), says: /is larger than 1 MiB/ },
];

describe("a broken config.json of docker", () => {
  let home: Home;
  beforeEach(async () => (home = await Home.create()));
  afterEach(() => home.remove());

  for (const { what, config, says } of faults)
    it(`${what} is a fault in safe words`, async () => {
      await home.write(".docker/config.json", config);
      await assert.rejects(home.source()("ghcr.io", "team/app"), (error: Error) => {
        assert.equal(error.name, "CredentialError");
        assert.match(error.message, says);
        assert.ok(error.message.includes(home.path(".docker", "config.json")), error.message);
        assert.ok(!error.message.includes(marker), error.message);
        return true;
      });
    });

  it("that is a folder, or cannot be reached, is a fault", async () => {
    await mkdir(home.path(".docker", "config.json"), { recursive: true });
    await assert.rejects(home.source()("ghcr.io", "a"), /CredentialError: .*config\.json is a folder$/);
    await symlink("loop", home.path("loop"));
    const looping = home.source({ DOCKER_CONFIG: home.path("loop") });
    await assert.rejects(looping("ghcr.io", "a"), /CredentialError: .*cannot be read \(ELOOP\)$/);
  });

  it("that is an endless device is not read, and /dev/null has no logins", async function () {
    if (process.platform === "win32") this.skip();
    await symlink("/dev/zero", home.path("config.json"));
    const source = home.source({ DOCKER_CONFIG: home.folder });
    await assert.rejects(source("ghcr.io", "a"), /CredentialError: .*config\.json is not a regular file$/);
    await mkdir(home.path("none"));
    await symlink("/dev/null", home.path("none", "config.json"));
    assert.equal(await home.source({ DOCKER_CONFIG: home.path("none") })("ghcr.io", "a"), undefined);
  });

  it("that is a pipe is not read", async function () {
    if (process.platform === "win32") this.skip();
    await promisify(execFile)("mkfifo", [home.path("config.json")]);
    const source = home.source({ DOCKER_CONFIG: home.folder });
    await assert.rejects(source("ghcr.io", "a"), /CredentialError: .*config\.json is not a regular file$/);
  });
});
