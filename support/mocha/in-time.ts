import assert from "node:assert/strict";

/** Far more than hostile input may take, and far less than the years that some of it once took. */
const boundMs = 5_000;

/** What the work gives, within a bound of CPU time: what else the machine does meanwhile does not count. */
export function inTime<T>(work: () => T): T {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  const took = (user + system) / 1000;
  assert.ok(took < boundMs, `it took ${took.toFixed(0)} ms of CPU time`);
  return result;
}
