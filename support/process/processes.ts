import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { eventually } from "../mocha/eventually";

/** Waits until no process has the id; a zombie is ended too, and nobody may be there to reap an orphan. */
export async function assertEnded(pid: number): Promise<void> {
  assert.ok(pid > 1, `${pid} is not a process of ours`);
  await eventually(async () => {
    if (process.platform !== "linux") return !isThere(pid);
    const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    return status === "" || / Z /.test(status);
  }, `the end of process ${pid}`);
}

/** Waits until a file has text, and gives it. */
export async function appeared(file: string): Promise<string> {
  let text = "";
  await eventually(async () => (text = await readFile(file, "utf8").catch(() => "")) !== "", file);
  return text;
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
