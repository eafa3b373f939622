import assert from "node:assert/strict";
import { runtimePlatform } from "../../policypack/workloads/runtime-platform";
import { previewed, UNKNOWN } from "../../support/pulumi/previewed";

function windows(osVersion: string): object {
  return { os: "windows", architecture: "amd64", osVersion };
}

describe("a runtime platform", () => {
  const platforms: readonly (readonly [unknown, object])[] = [
    [undefined, { os: "linux", architecture: "amd64" }],
    [null, { os: "linux", architecture: "amd64" }],
    [{}, { os: "linux", architecture: "amd64" }],
    [
      { cpuArchitecture: "", operatingSystemFamily: null },
      { os: "linux", architecture: "amd64" },
    ],
    [{ cpuArchitecture: "X86_64" }, { os: "linux", architecture: "amd64" }],
    [{ cpuArchitecture: "ARM64" }, { os: "linux", architecture: "arm64" }],
    [
      { cpuArchitecture: "arm64", operatingSystemFamily: "linux" },
      { os: "linux", architecture: "arm64" },
    ],
    [{ operatingSystemFamily: "WINDOWS_SERVER_2016_FULL" }, windows("10.0.14393")],
    [{ operatingSystemFamily: "WINDOWS_SERVER_2019_FULL" }, windows("10.0.17763")],
    [{ operatingSystemFamily: "WINDOWS_SERVER_2019_CORE" }, windows("10.0.17763")],
    [{ operatingSystemFamily: "WINDOWS_SERVER_2004_CORE" }, windows("10.0.19041")],
    [{ operatingSystemFamily: "WINDOWS_SERVER_20H2_CORE" }, windows("10.0.19042")],
    [{ operatingSystemFamily: "windows_server_2022_core" }, windows("10.0.20348")],
    [{ operatingSystemFamily: "WINDOWS_SERVER_2022_FULL" }, windows("10.0.20348")],
    [{ operatingSystemFamily: "WINDOWS_SERVER_2025_CORE" }, windows("10.0.26100")],
    [{ operatingSystemFamily: "WINDOWS_SERVER_2025_FULL", cpuArchitecture: "X86_64" }, windows("10.0.26100")],
  ];
  for (const [given, platform] of platforms) {
    it(`of ${JSON.stringify(given)} is ${Object.values(platform).join(" ")}`, () => {
      assert.deepEqual(runtimePlatform(previewed({ runtimePlatform: given })), { ok: true, platform });
    });
  }

  const faults: readonly (readonly [unknown, string, string])[] = [
    ["LINUX", "", "the runtime platform is a string, not an object"],
    [[], "", "the runtime platform is an array, not an object"],
    [{ cpuArchitecture: "RISCV64" }, ".cpuArchitecture", "the CPU architecture is not one that ECS supports"],
    [{ cpuArchitecture: 64 }, ".cpuArchitecture", "the CPU architecture is a number, not a string"],
    [
      { cpuArchitecture: "__proto__" },
      ".cpuArchitecture",
      "the CPU architecture is not one that ECS supports",
    ],
    [
      { operatingSystemFamily: "WINDOWS" },
      ".operatingSystemFamily",
      "the operating system family is not one that ECS supports",
    ],
    [
      { operatingSystemFamily: "WINDOWS_SERVER_2031_CORE" },
      ".operatingSystemFamily",
      "the operating system family is not one that ECS supports",
    ],
    [
      { operatingSystemFamily: "WINDOWS_SERVER_2022_CORE", cpuArchitecture: "ARM64" },
      ".cpuArchitecture",
      "ECS runs Windows tasks on X86_64 only",
    ],
    [
      { operatingSystemFamily: "BEOS", cpuArchitecture: UNKNOWN.string },
      ".operatingSystemFamily",
      "the operating system family is not one that ECS supports",
    ],
    [
      { operatingSystemFamily: UNKNOWN.string, cpuArchitecture: "MIPS" },
      ".cpuArchitecture",
      "the CPU architecture is not one that ECS supports",
    ],
  ];
  for (const [given, place, message] of faults) {
    it(`of ${JSON.stringify(given)} is malformed: ${message}`, () => {
      assert.deepEqual(runtimePlatform(previewed({ runtimePlatform: given })), {
        ok: false,
        reason: "malformed",
        path: `runtimePlatform${place}`,
        message,
      });
    });
  }
});
