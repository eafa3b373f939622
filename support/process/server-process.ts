import type { ChildProcess } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** A port of 127.0.0.1 that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });
}

/** Waits until a server answers at the URL, whatever it says: half a minute at most. */
export async function whenReady(child: ChildProcess, url: string): Promise<void> {
  let failed: Error | undefined;
  child.once("error", (error) => {
    failed = error;
  });
  for (let tries = 0; tries < 600; tries++) {
    if (failed !== undefined) throw failed;
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
    try {
      await (await fetch(url, { signal: AbortSignal.timeout(5_000) })).arrayBuffer();
      return;
    } catch {
      await delay(50);
    }
  }
  throw new Error(`${child.spawnfile} does not answer`);
}

export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGKILL");
  await ended;
}
