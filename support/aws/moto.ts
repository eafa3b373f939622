import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A running `moto_server` (PyPI `moto[ecr,server]`): the ECR, STS and Secrets Manager APIs on a loopback port. */
export interface Moto {
  /** For `AWS_ENDPOINT_URL`; without a slash at its end. */
  readonly url: string;
  stop(): Promise<void>;
}

/** The program to start, or undefined where there is none. */
export function available(): string | undefined {
  const named = process.env["ECS_IMAGE_GUARD_MOTO"];
  const candidates = named
    ? [named]
    : (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "moto_server"));
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Starts moto for a mocha hook. Without the program its tests are skipped, which is said; in CI that is a failure. */
export async function startMoto(context: Mocha.Context): Promise<Moto> {
  const program = available();
  if (program === undefined) {
    const reason =
      "moto_server not found: pip install 'moto[ecr,server]', put it on PATH or name it in ECS_IMAGE_GUARD_MOTO";
    if (process.env["CI"]) throw new Error(reason);
    console.log(`      skipped: ${reason}`);
    return context.skip();
  }
  const port = await freePort();
  const child = spawn(program, ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  const moto = { url: `http://127.0.0.1:${port}`, stop: () => stop(child) };
  try {
    await answers(moto.url, child);
  } catch (error) {
    await moto.stop();
    throw error;
  }
  return moto;
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  let failed: Error | undefined;
  child.on("error", (error) => {
    failed = error;
  });
  const end = Date.now() + 30_000;
  while (Date.now() < end) {
    if (failed !== undefined) throw failed;
    if (child.exitCode !== null) throw new Error(`moto_server ended with code ${child.exitCode}`);
    try {
      const response = await fetch(`${url}/moto-api/data.json`, { signal: AbortSignal.timeout(2_000) });
      await response.arrayBuffer();
      if (response.ok) return;
    } catch {
      // Not listening yet.
    }
    await sleep(100);
  }
  throw new Error("moto_server did not answer within 30 s");
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const hard = setTimeout(() => child.kill("SIGKILL"), 3_000);
  await ended;
  clearTimeout(hard);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no loopback port");
  return address.port;
}
