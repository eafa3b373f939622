import assert from "node:assert/strict";
import fc from "fast-check";
import {
  choosePlatform,
  formatPlatform,
  InvalidPlatformError,
  parsePlatform,
  type Platform,
} from "../../policypack/oci/platform";

describe("a platform", () => {
  // containerd/platforms `platforms_test.go` and `database.go`: the usual variant is named where the text names one.
  const written: [text: string, normal: string][] = [
    ["linux/amd64", "linux/amd64"],
    ["linux/x86_64", "linux/amd64"],
    ["Linux/AMD64", "linux/amd64"],
    ["linux/amd64/v1", "linux/amd64"],
    ["linux/amd64/v3", "linux/amd64/v3"],
    ["linux/arm64/v8", "linux/arm64/v8"],
    ["linux/arm64/8", "linux/arm64/v8"],
    ["linux/aarch64", "linux/arm64"],
    ["linux/arm64/9.0", "linux/arm64/v9"],
    ["linux/arm64/v8.2", "linux/arm64/v8.2"],
    ["linux/arm", "linux/arm"],
    ["linux/arm/v7", "linux/arm/v7"],
    ["linux/arm/7", "linux/arm/v7"],
    ["linux/arm/6", "linux/arm/v6"],
    ["linux/armhf", "linux/arm"],
    ["linux/armel", "linux/arm/v6"],
    ["linux/i386", "linux/386"],
    ["linux/i386/v1", "linux/386"],
    ["macOS/aarch64", "darwin/arm64"],
    ["windows/amd64", "windows/amd64"],
    ["linux/riscv64", "linux/riscv64"],
    ["arm64", "linux/arm64"],
    ["AARCH64", "linux/arm64"],
    ["amd64", "linux/amd64"],
    ["x86_64", "linux/amd64"],
    ["x86-64", "linux/amd64"],
    ["arm", "linux/arm"],
    ["armhf", "linux/arm"],
    ["armel", "linux/arm/v6"],
    ["i386", "linux/386"],
    ["s390x", "linux/s390x"],
  ];
  for (const [text, normal] of written) {
    it(`written ${text} is ${normal}`, () => {
      const platform = parsePlatform(text);
      assert.equal(formatPlatform(platform), normal);
      assert.deepEqual(parsePlatform(formatPlatform(platform)), platform);
    });
  }

  it("may name a build of Windows, as containerd writes it", () => {
    assert.deepEqual(parsePlatform("windows(10.0.20348)/amd64"), {
      os: "windows",
      architecture: "amd64",
      osVersion: "10.0.20348",
    });
  });

  const unknown: [text: string, why: string][] = [
    ["linux/armm64", "unknown architecture `armm64`, did you mean arm64?"],
    ["linux/amd46/v3", "unknown architecture `amd46`, did you mean amd64?"],
    ["linx/arm64", "unknown operating system `linx`, did you mean linux?"],
    ["armm64", "unknown operating system or architecture `armm64`, did you mean arm64?"],
    [
      "linux/quantum",
      "unknown architecture `quantum`, write os/architecture[/variant], such as linux/arm64.",
    ],
    ["linux", "add the architecture, as in linux/amd64"],
    ["Windows", "add the architecture, as in windows/amd64"],
    ["macos", "add the architecture, as in darwin/amd64"],
  ];
  for (const [text, why] of unknown) {
    it(`${text} is refused: ${why}`, () => {
      assert.throws(() => parsePlatform(text), { message: `\`${text}\` is not a valid platform: ${why}` });
    });
  }

  for (const text of [
    "",
    "linux/",
    "/amd64",
    "linux/amd64/",
    "linux/arm/v7/x",
    "linux amd64",
    " linux/amd64",
    "linux /arm",
    "linux/&arm",
    "linux/amd64,linux/arm64",
    "/".repeat(1_000_000),
    "li\u001bnux/amd64",
  ]) {
    it(`is refused: ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.throws(
        () => parsePlatform(text),
        (error: unknown) =>
          error instanceof InvalidPlatformError &&
          /^`[^\p{Cc}]{0,60}` is not a valid platform: write os\/architecture\[\/variant\], such as/u.test(
            error.message,
          ),
      );
    });
  }

  it("is refused, or is the same after formatting and parsing, whatever the text", () => {
    const word = fc.constantFrom(
      "linux",
      "Windows",
      "x86_64",
      "arm64",
      "ARM",
      "v7",
      "8",
      "v9.0",
      "é",
      "\n",
      "a(1)",
    );
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(word, { maxLength: 4 }).map((words) => words.join("/")),
    );
    fc.assert(
      fc.property(text, (written) => {
        try {
          const platform = parsePlatform(written);
          assert.deepEqual(parsePlatform(formatPlatform(platform)), platform);
        } catch (error) {
          if (!(error instanceof InvalidPlatformError)) throw error;
        }
      }),
      { seed: 6, numRuns: 1000 },
    );
  });

  it("is written with its Windows build if it has one", () => {
    assert.equal(formatPlatform(build("10.0.20348")), "windows/amd64 10.0.20348");
  });
});

const build = (osVersion?: string): Platform =>
  osVersion === undefined
    ? { os: "windows", architecture: "amd64" }
    : { os: "windows", architecture: "amd64", osVersion };

describe("of an index's platforms", () => {
  // containerd/platforms `compare_test.go` and `defaults_windows_test.go` hold the like.
  const cases: [offered: (string | Platform)[], wanted: string | Platform, chosen: number | undefined][] = [
    [["linux/amd64", "linux/arm64"], "linux/arm64", 1],
    [["linux/amd64", "linux/arm64/v8"], "linux/arm64", 1],
    [["linux/amd64"], "linux/arm64", undefined],
    [["linux/arm64"], "linux/amd64", undefined],
    [["linux/amd64", "linux/amd64"], "linux/amd64", 0],
    [["linux/386", "linux/amd64"], "linux/amd64", 1],
    [["linux/386"], "linux/amd64", 0],
    [["linux/amd64/v2"], "linux/amd64", undefined],
    [["linux/amd64", "linux/amd64/v2"], "linux/amd64/v3", 1],
    [["linux/amd64/v3", "linux/amd64/v2"], "linux/amd64/v3", 0],
    [["linux/arm/v5", "linux/arm/v6"], "linux/arm/v7", 1],
    [["linux/arm/v7"], "linux/arm/v6", undefined],
    [["linux/arm/v6", "linux/arm/v7"], "linux/arm64", 1],
    [["linux/arm/v7", "linux/arm64"], "linux/arm64", 1],
    [["linux/arm64"], "linux/arm64/v9", 0],
    [["linux/arm64", "linux/arm64/v8.5"], "linux/arm64/v9", 1],
    [["linux/arm64/v8.6"], "linux/arm64/v9", undefined],
    [["linux/arm64/v8.9", "linux/arm64/v9.4"], "linux/arm64/v9.6", 1],
    [["linux/arm64", "linux/arm64/v8.1"], "linux/arm64/v8.2", 1],
    [["linux/arm64/v8.1"], "linux/arm64", undefined],
    [["linux/arm64", "linux/arm/v8"], "linux/arm64/v10", undefined],
    [["linux/arm/v7", "linux/arm/v8"], "linux/arm64", 1],
    [["linux/arm/v4"], "linux/arm/v7", undefined],
    [["linux/arm/v5", "linux/arm"], "linux/arm/v8", 1],
    [["windows/386"], "windows/amd64", undefined],
    [["windows/amd64", "linux/amd64"], "linux/amd64", 1],
    [["linux/amd64"], build("10.0.20348"), undefined],
    [[build("10.0.17763.1"), build("10.0.20348.1")], build("10.0.20348"), 1],
    [[build("10.0.20348.5"), build("10.0.20348.40")], build("10.0.20348"), 1],
    [[build("10.0.17763.1")], build("10.0.20348"), undefined],
    [[build("10.0.203480.1")], build("10.0.20348"), undefined],
    [[build("10.1.20348.1")], build("10.0.20348"), undefined],
    [[build("20348")], build("10.0.20348"), undefined],
    [[build("10.0.20348.1")], build("10.0.17763"), undefined],
    [[build("10.0.20348.1")], build("10.0.26100"), 0],
    [[build("10.0.20348.9"), build("10.0.26100.1")], build("10.0.26100"), 1],
    [[build("10.0.17763.1")], build("10.0.26100"), undefined],
    [[build("10.0.26100.1")], build("10.0.20348"), undefined],
    [[build("10.0.22621.1")], build("10.0.26100"), 0],
    [[build("10.0.20348.1"), build("10.0.20348.1")], build("10.0.20348.7"), 0],
    [[build(), build("10.0.20348.1")], build("10.0.20348"), 1],
    [[build()], build("10.0.20348"), 0],
    [[build("10.0.17763.1"), build("10.0.20348.1")], build(), 0],
    [[{ os: "Linux", architecture: "x86_64" }], "linux/amd64", 0],
    [[{ os: "unknown", architecture: "unknown" }], "linux/amd64", undefined],
    [[{ os: "unknown", architecture: "unknown" }], { os: "unknown", architecture: "unknown" }, undefined],
    [[{ os: "", architecture: "" }], "linux/amd64", undefined],
    [[{ os: "", architecture: "amd64" }], "linux/amd64", 0],
    [[{ os: "linux", architecture: "i386", variant: "v1" }], "linux/386", 0],
    [[{ os: "linux", architecture: "amd64", osVersion: "5.10" }], "linux/amd64", 0],
  ];
  const platformOf = (it: string | Platform) => (typeof it === "string" ? parsePlatform(it) : it);
  for (const [offered, wanted, chosen] of cases) {
    const words = offered.map((it) => formatPlatform(platformOf(it))).join(", ");
    it(`${words}: ${formatPlatform(platformOf(wanted))} takes ${chosen === undefined ? "none" : `number ${chosen + 1}`}`, () => {
      const candidates = offered.map((it, index) => ({ index, platform: platformOf(it) }));
      assert.equal(choosePlatform(candidates, platformOf(wanted))?.index, chosen);
    });
  }

  it("one without a platform is never taken", () => {
    assert.equal(choosePlatform<{ platform?: Platform }>([{}, {}], parsePlatform("linux/amd64")), undefined);
  });
});
