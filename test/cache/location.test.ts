import assert from "node:assert/strict";
import { resolve } from "node:path";
import { cacheInUse, userCacheFolder } from "../../policypack/cache/location";

describe("the place of the cache", function () {
  if (process.platform === "win32") return;
  const homeless = () => {
    throw new Error("ENOENT: uv_os_get_passwd");
  };
  const places: [
    what: string,
    env: Record<string, string>,
    platform: NodeJS.Platform,
    home: () => string,
    folder: string | undefined,
  ][] = [
    ["Linux", {}, "linux", () => "/home/ada", "/home/ada/.cache/ecs-image-guard"],
    ["macOS", {}, "darwin", () => "/Users/ada", "/Users/ada/Library/Caches/ecs-image-guard"],
    ["XDG_CACHE_HOME", { XDG_CACHE_HOME: "/x" }, "linux", () => "/home/ada", "/x/ecs-image-guard"],
    ["an empty XDG_CACHE_HOME", { XDG_CACHE_HOME: "" }, "linux", () => "/h", "/h/.cache/ecs-image-guard"],
    ["a relative XDG_CACHE_HOME", { XDG_CACHE_HOME: "x" }, "linux", () => "/h", "/h/.cache/ecs-image-guard"],
    ["a user without a home", {}, "linux", homeless, undefined],
    ["an empty HOME", {}, "linux", () => "", undefined],
    ["Windows without LOCALAPPDATA", {}, "win32", () => "C:\\Users\\ada", undefined],
  ];
  for (const [what, env, platform, home, folder] of places) {
    it(`is the user's cache folder: ${what}`, () => {
      assert.equal(userCacheFolder(env, platform, home), folder);
    });
  }

  it("is what was configured, else what the variable says", () => {
    const name = "ECS_IMAGE_GUARD_IMAGE_CACHE";
    assert.deepEqual(cacheInUse({ directory: "/a" }, { [name]: "off" }), { directory: "/a" });
    assert.equal(cacheInUse(false, { [name]: "/b" }), false);
    assert.deepEqual(cacheInUse({ maxBytes: 1 }, { [name]: "/b" }), { maxBytes: 1, directory: "/b" });
    assert.deepEqual(cacheInUse(undefined, { [name]: "b" }), { directory: resolve("b") });
    assert.deepEqual(cacheInUse(undefined, { [name]: " " }), {});
    for (const off of ["off", "OFF", "0", "no", "false"])
      assert.equal(cacheInUse(undefined, { [name]: off }), false);
  });
});
