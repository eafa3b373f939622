import assert from "node:assert/strict";
import type { Outcome } from "../../policypack/common/outcome";
import { eventually } from "../../support/mocha/eventually";
import { ManualClock } from "../../support/mocha/manual-clock";
import { assertFails, at, bench, manifest, manifestType, valueOf } from "../../support/registry/client";
import type { TestRegistryOptions } from "../../support/registry/registry";
import { Signal } from "../../policypack/common/signal";

const names = Array.from({ length: 50 }, (_, n) => `team/service-${n}`);

describe("a program that names one image after another", () => {
  const { start, connect } = bench();

  /** Reads images that are named one by one while time stands still, and tells how many tokens that has cost. */
  async function running(options: TestRegistryOptions = {}) {
    const registry = await start({ access: { mode: "bearer" }, ...options });
    for (const name of names) registry.putManifest(name, "1", manifestType, { ...manifest, name });
    const [clock, end] = [new ManualClock(), new Signal()];
    const client = connect({ clock, gathering: { quietMs: 60_000, longestMs: 60_000, until: end } });
    const reads: Promise<Outcome<unknown>>[] = [];
    const name = async (from: number, to: number) => {
      for (const repository of names.slice(from, to)) {
        reads.push(client.manifest(at(registry, repository), "1"));
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const answered = (count: number) =>
      eventually(
        () => registry.requestsTo("/v2/").filter(({ status }) => status === 200).length === count,
        `${count} answers`,
      );
    return {
      name,
      answered,
      clock,
      end,
      read: () => Promise.all(reads),
      tokens: () => registry.requestsTo("/token").length,
    };
  }

  it("waits for no token of a lone image", async () => {
    const { name, answered, clock, tokens } = await running();
    await name(0, 1);
    await answered(1);
    await clock.pass(1_000);
    await name(1, 2);
    await answered(2);
    assert.equal(tokens(), 2);
  });

  it("gets few tokens: for 24 images at once, or after a moment, or at its end", async () => {
    const { name, answered, clock, end, read, tokens } = await running();
    await name(0, 1);
    await answered(1);
    await name(1, 25);
    await answered(25);
    assert.equal(tokens(), 2);
    await name(25, 35);
    assert.equal(tokens(), 2);
    await clock.pass(1_000);
    await answered(35);
    assert.equal(tokens(), 3);
    await name(35, 36);
    await answered(36);
    await name(36, 50);
    assert.equal(tokens(), 4);
    end.abort();
    for (const outcome of await read()) valueOf(outcome);
    assert.equal(tokens(), 5);
  });

  for (const scopes of ["all", "all or none", "first", "last", "refused"] as const)
    for (const denied of [0, 1, 30])
      it(`is denied image ${denied} alone by a service of the kind "${scopes}"`, async () => {
        const access = { mode: "bearer", scopes } as const;
        const login = { username: "Aladdin", password: "open sesame" };
        const perRepository = { [names[denied]!]: { ...access, login } };
        const { name, clock, end, read } = await running({ access, perRepository });
        await name(0, 20);
        await clock.pass(1_000);
        await name(20, 50);
        end.abort();
        for (const [n, outcome] of (await read()).entries())
          if (n === denied) assertFails(outcome, "denied", /needs a login/);
          else valueOf(outcome);
      });
});
