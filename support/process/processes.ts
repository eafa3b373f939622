import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

/** Waits until no process has the id; a zombie is ended too, and nobody may be there to reap an orphan. */
export async function assertEnded(pid: number, withinMs = 3_000): Promise<void> {
  assert.ok(pid > 1, `${pid} is no process of ours`);
  const until = performance.now() + withinMs;
  while (performance.now() < until) {
    const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    if (process.platform === "linux" ? status === "" || / Z /.test(status) : !isThere(pid)) return;
    await delay(20);
  }
  assert.fail(`process ${pid} is still there`);
}

/** Waits until a file has text, and gives it. */
export async function appeared(file: string, withinMs = 15_000): Promise<string> {
  const until = performance.now() + withinMs;
  while (performance.now() < until) {
    const text = await readFile(file, "utf8").catch(() => "");
    if (text !== "") return text;
    await delay(20);
  }
  return assert.fail(`${file} did not appear`);
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
