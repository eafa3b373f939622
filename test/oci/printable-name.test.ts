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
      ["host/app?token=x", "host/app?…"],
      ["host/app\n?x", "host/app\uFFFD?…"],
      [`host:5000/app:1@sha256:${hex}`, `host:5000/app:1@sha256:${hex}`],
    ] as const)
      assert.equal(printableName(name), shown);
    assert.throws(
      () => parseReference("https://u:hunter2@host/app"),
      (error: Error) => !error.message.includes("hunter2"),
    );
  });
});
