import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPeers } from "../../scripts/peers";

describe("the benchmark's peers", () => {
  const { PATH: path, ECS_IMAGE_GUARD_CACHE: cache } = process.env;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-"));
    Object.assign(process.env, { PATH: folder, ECS_IMAGE_GUARD_CACHE: join(folder, "cache") });
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
    for (const [name, value] of Object.entries({ PATH: path, ECS_IMAGE_GUARD_CACHE: cache }))
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
  });

  it("are those on PATH, with their version; the missing ones are named", async () => {
    for (const [name, words] of [
      ["oras", "Version:        1.2.3"],
      ["skopeo", "skopeo version 1.9.3"],
    ] as const) {
      writeFileSync(join(folder, name), `#!/bin/sh\necho '${words}'\n`);
      chmodSync(join(folder, name), 0o755);
    }
    const said: string[] = [];
    const peers = await findPeers((line) => said.push(line));
    assert.deepEqual(peers, [
      { name: "skopeo", file: join(folder, "skopeo"), version: "1.9.3" },
      { name: "oras", file: join(folder, "oras"), version: "1.2.3" },
    ]);
    assert.deepEqual(said, [
      "crane is not on PATH: it is left out.",
      "regctl is not on PATH: it is left out.",
    ]);
  });
});
