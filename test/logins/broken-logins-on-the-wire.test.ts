import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, symlink } from "node:fs/promises";
import { promisify } from "node:util";
import { Inspector } from "../../policypack/inspection/inspector";
import { ManualClock } from "../../support/mocha/manual-clock";
import { appeared } from "../../support/process/processes";
import { buildImage, pushImage } from "../../support/registry/images";
import { TestRegistry } from "../../support/registry/registry";
import { base64, Home, marker } from "../../support/registry/logins";

const image = buildImage({ layers: ["gzip"], family: "docker" });
const file = ".docker/config.json";

interface Fault {
  readonly what: string;
  readonly arrange: (home: Home) => Promise<unknown>;
  readonly says: RegExp;
  /** Whether the fault is that its time ends. */
  readonly hangs?: boolean;
}

const helper =
  (script: string) =>
  async (home: Home): Promise<void> => {
    await home.helper("x", script);
    await home.write(file, { credsStore: "x" });
  };

const faults: readonly Fault[] = [
  {
    what: "a helper that hangs",
    arrange: helper("sleep 60"),
    says: /did not end within 10 s/,
    hangs: true,
  },
  { what: "a helper that prints garbage", arrange: helper(`echo ${marker}`), says: /is not JSON/ },
  {
    what: "a helper that prints 100 MB",
    arrange: helper("head -c 100000000 /dev/zero"),
    says: /more than 64 KiB/,
  },
  {
    what: "a config.json that is a folder",
    arrange: (home) => mkdir(home.path(file), { recursive: true }),
    says: /is a folder/,
  },
  {
    what: "a half-written config.json",
    arrange: (home) => home.write(file, `{"auths":{"x":{"auth":"${base64(`u:${marker}`)}`),
    says: /only half of it/,
  },
  {
    what: "a config.json that is a pipe",
    arrange: async (home) => {
      await mkdir(home.path(".docker"));
      await promisify(execFile)("mkfifo", [home.path(file)]);
    },
    says: /is not a regular file/,
  },
  {
    what: "a config.json that cannot be read",
    // A link to itself: unlike forbidden files, nobody can read it, not even root.
    arrange: async (home) => {
      await mkdir(home.path(".docker"));
      await symlink("config.json", home.path(file));
    },
    says: /cannot be read \(ELOOP\)/,
  },
];

describe("a login that cannot be read", function () {
  if (process.platform === "win32") return;
  let registry: TestRegistry;
  let home: Home;
  before(async () => {
    registry = await TestRegistry.start();
    registry.perRepository.set("private", { mode: "basic", username: "u", password: marker });
    for (const repository of ["private", "public"]) pushImage(registry, repository, "1", image);
  });
  beforeEach(async () => {
    home = await Home.create();
    registry.log.length = 0;
  });
  afterEach(() => home.remove());
  after(() => registry.stop());

  for (const { what, arrange, says, hangs } of faults)
    it(`for ${what} denies only the images that need it, and sends no other login`, async () => {
      await arrange(home);
      const clock = new ManualClock();
      const inspector = new Inspector({ credentials: home.source({}, clock) });
      const inspections = ["private", "public"].map((name) =>
        inspector.inspect(`${registry.host}/${name}:1`, { os: "linux", architecture: "amd64" }),
      );
      if (hangs) await appeared(home.path("bin", "x.log"));
      if (hangs) await clock.pass(10_000);
      const [found, open] = await Promise.all(inspections);
      await inspector.close();
      assert.ok(open?.ok, JSON.stringify(open));
      assert.ok(found?.ok === false);
      assert.equal(found.failure.kind, "denied");
      assert.match(found.failure.message, says);
      // The message says why: the line about the login does not repeat it.
      assert.match(found.failure.login ?? "", /^none found: .* could not be used(?:;|, nor |$)/);
      assert.doesNotMatch(found.failure.login ?? "", says);
      assert.ok(!JSON.stringify(found).includes(marker));
      assert.deepEqual(
        registry.requestsTo("/private/").map(({ headers, status }) => [headers.authorization, status]),
        [[undefined, 401]],
      );
    });

  it("counts as no login if config.json is empty: the image is requested anonymously, and denied", async () => {
    await home.write(file, "");
    const inspector = new Inspector({ credentials: home.source() });
    const found = await inspector.inspect(`${registry.host}/private:1`, {
      os: "linux",
      architecture: "amd64",
    });
    await inspector.close();
    assert.ok(!found.ok);
    assert.match(found.failure.message, /without credentials/);
    assert.deepEqual(
      registry.log.map(({ headers }) => headers.authorization),
      [undefined],
    );
  });
});
