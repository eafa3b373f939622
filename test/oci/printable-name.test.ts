import assert from "node:assert/strict";
import { parseReference, printableName } from "../../policypack/oci/reference";

describe("an image name", () => {
  it("is shown without a login or a query, which no legal name has", () => {
    const hex = "0".repeat(64);
    for (const [name, shown] of [
      ["https://u:p@ss@host/app:1", "https://…@host/app:1"],
      ["https://u:p/q@host", "https://…@host"],
      ["u:p@host/app:1", "…@host/app:1"],
      ["u:p@host:5000/app@sha256:1", "…@host:5000/app@sha256:1"],
      ["user:PASSWORD@127.0.0.1:1", "…@127.0.0.1:1"],
      ["user:PASSWORD@localhost:5000", "…@localhost:5000"],
      ["user:PASSWORD@cafe:1", "…@cafe:1"],
      ["user:PASSWORD@host", "…@host"],
      ["PASSWORD@", "…@"],
      ["user:PASS/WORD@host/app", "…@host/app"],
      ["user:PASS?WORD@host/app", "…"],
      ["host/app?user=a@PASSWORD", "…"],
      ["user:PASSWORD%40host/app", "…@host/app"],
      ["//user:PASSWORD@host/app", "…@host/app"],
      ["docker://user:PASSWORD@host", "docker://…@host"],
      [`user:PASSWORD@host@sha256:${hex}`, `…@host@sha256:${hex}`],
      ["app:1@sha256:12", "app:1@sha256:12"],
      ["host/app?token=x", "host/app?…"],
      ["host/app\n?x", "host/app\uFFFD?…"],
      [`host:5000/app:1@sha256:${hex}`, `host:5000/app:1@sha256:${hex}`],
    ] as const)
      assert.equal(printableName(name), shown);
    for (const name of [
      "https://u:hunter2@host/app",
      "u:hunter2@127.0.0.1:1",
      "u:hunter2@h",
      "u:hunter2@h@h",
    ])
      assert.throws(
        () => parseReference(name),
        (error: Error) => !error.message.includes("hunter2"),
      );
  });
});
