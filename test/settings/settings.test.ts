import assert from "node:assert/strict";
import fc from "fast-check";
import { defaultSettings, mergeSettings, readSettings } from "../../policypack/settings";

describe("settings", () => {
  it("are the defaults without a configuration", () => {
    assert.deepEqual(readSettings({}), { settings: {}, problems: [] });
    assert.deepEqual(readSettings(undefined), { settings: {}, problems: [] });
    assert.deepEqual(mergeSettings({}), defaultSettings);
  });

  it("are taken unchanged if they are valid", () => {
    const config = {
      exclude: [{ image: "nginx", reason: "vendor image" }],
      insecureRegistries: ["registry.internal:5000"],
      mirrors: { "docker.io": ["mirror.internal/hub"] },
      timeBudgetSeconds: 5,
    };
    assert.deepEqual(readSettings(config), { settings: config, problems: [] });
  });

  const wrong: [config: object, problem: RegExp][] = [
    [{ exlude: [] }, /Unknown setting `exlude`\. Did you mean `exclude`\?/],
    [{ insecureRegistry: [] }, /Did you mean `insecureRegistries`\?/],
    [{ colour: 1 }, /Unknown setting `colour`\. Known: exclude, .*, timeBudgetSeconds/],
    [{ "\u001b[31m": 1 }, /Unknown setting `\uFFFD\[31m`/],
    [{ exclude: "nginx" }, /`exclude` must be a list/],
    [{ exclude: [{ image: "nginx" }] }, /`exclude\[0\]` needs `reason`/],
    [{ exclude: [{ reason: "all of them" }] }, /`exclude\[0\]` needs one of `image`, `stack` and `resource`/],
    [
      { exclude: [{ image: "nginx", reason: " " }] },
      /`exclude\[0\]\.reason` must be a text that is not empty/,
    ],
    [
      { exclude: [{ image: "nginx", reason: "x", until: "2027" }] },
      /`exclude\[0\]\.until` must be a day of the form YYYY-MM-DD/,
    ],
    [
      { exclude: [{ image: "nginx", reason: "x", until: "2027-02-29" }] },
      /`exclude\[0\]\.until` must be a day of the form YYYY-MM-DD/,
    ],
    [
      { exclude: [{ image: "nginx", reason: "x", untill: "2027-01-31" }] },
      /Unknown setting `untill` in `exclude\[0\]`\. Did you mean `until`\?/,
    ],
    [{ insecureRegistries: [1] }, /`insecureRegistries\[0\]` must be a text/],
    [{ mirrors: { "docker.io": "mirror" } }, /`mirrors\.docker\.io` must be a list/],
    [{ insecureRegistries: ["ok:5000", "10.0.0.0/8"] }, /`10\.0\.0\.0\/8` in `insecureRegistries` is not/],
    [{ insecureRegistries: ["*.internal"] }, /`\*\.internal` in `insecureRegistries` is not a valid host/],
    [
      { insecureRegistries: ["registry.internal:99999"] },
      /99999` in `insecureRegistries` is not a valid host\[:port\]/,
    ],
    [{ mirrors: { "": ["mirror"] } }, /`` in `mirrors` is not a valid host/],
    [{ insecureRegistries: [" "] }, /`insecureRegistries\[0\]` must be a text that is not empty/],
    [
      { mirrors: { "docker.io/library": [] } },
      /`docker\.io\/library` in `mirrors` is not a valid host\[:port\]/,
    ],
    [
      { mirrors: { "docker.io": ["a/hub", "https://me:secret@/hub"] } },
      /`https:\/\/…@\/hub` in `mirrors\.docker\.io` is not a valid host\[:port\]\[\/prefix\]/,
    ],
    [{ allowOciMix: "yes" }, /`allowOciMix` must be true or false/],
    [{ runtimes: { FARGATE: [] } }, /`runtimes\.FARGATE` must be a list that is not empty/],
    [{ runtimes: { FARGATE: ["containerd"] } }, /`runtimes\.FARGATE\[0\]` must be one of containerd-1\.4, /],
    [{ runtimes: { FARGAT: ["containerd-1.7"] } }, /Did you mean `FARGATE`\?/],
    [{ timeBudgetSeconds: 0 }, /`timeBudgetSeconds` must be a number from 1 to 3600/],
    [{ timeBudgetSeconds: "5" }, /`timeBudgetSeconds` must be a number/],
    [{ __proto__: null, constructor: 1 }, /Unknown setting `constructor`/],
  ];
  for (const [config, problem] of wrong) {
    it(`refuse ${JSON.stringify(config)} with a message`, () => {
      const { problems } = readSettings(config);
      assert.equal(problems.length, 1);
      assert.match(problems[0]!, problem);
    });
  }

  it("refuse more entries than anybody writes, with a message and without delay", () => {
    const many = Array.from({ length: 150_000 }, () => ({ reason: "none of image, stack and resource" }));
    assert.deepEqual(readSettings({ exclude: many }), {
      settings: {},
      problems: ["`exclude` must be a list, of at most 1000 entries."],
    });
    const registries = Array.from({ length: 150_000 }, () => "no registry");
    const { problems } = readSettings({ insecureRegistries: registries, mirrors: { a: registries } });
    assert.equal(problems.length, 2);
  });

  it("show the first of many problems, and count the others", () => {
    const keys = (length: number) => Object.fromEntries(Array.from({ length }, (_, i) => [`key${i}`, 1]));
    const { problems } = readSettings(keys(100));
    assert.equal(problems.length, 21);
    assert.equal(problems[20], "And 80 more problems.");
    assert.deepEqual(readSettings(keys(20_000)).problems, [
      "The configuration has 20000 entries, and at most 1000 are read.",
    ]);
    assert.deepEqual(readSettings({ cache: keys(20_000) }).problems, [
      "`cache` has 20000 entries, and at most 1000 are read.",
    ]);
  });

  it("may name their JSON Schema", () => {
    const config = { $schema: "./node_modules/pulumi-ecs-image-guard/config.schema.json", summary: false };
    assert.deepEqual(readSettings(config), { settings: { summary: false }, problems: [] });
  });

  it("take a registry's name as people write it: as a URL, in capitals, as an address", () => {
    const insecureRegistries = [
      "http://Registry.internal:5000/",
      "[2001:db8::1]:5000",
      "10.0.0.1",
      "my_host",
    ];
    const mirrors = { "https://index.docker.io/": ["https://mirror.internal:8443/hub/"], ghcr: [] };
    assert.deepEqual(readSettings({ insecureRegistries, mirrors }).problems, []);
  });

  it("keep what is right beside what is wrong", () => {
    const { settings, problems } = readSettings({ timeBudgetSeconds: 7, mirror: {} });
    assert.deepEqual(settings, { timeBudgetSeconds: 7 });
    assert.equal(problems.length, 1);
  });

  it("of several layers add up, the last number winning", () => {
    const merged = mergeSettings(
      { insecureRegistries: ["a"], timeBudgetSeconds: 5, exclude: [{ image: "x", reason: "r" }] },
      { insecureRegistries: ["a", "b"], exclude: [{ image: "y", reason: "s" }] },
    );
    assert.deepEqual(merged.insecureRegistries, ["a", "b"]);
    assert.equal(merged.timeBudgetSeconds, 5);
    assert.deepEqual(
      merged.exclude.map(({ image }) => image),
      ["x", "y"],
    );
  });

  it("never throw, whatever is configured", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom("exclude", "mirrors", "insecureRegistries", "x"), fc.jsonValue()),
        (config) => {
          readSettings(config);
        },
      ),
      { seed: 1 },
    );
  });
});
