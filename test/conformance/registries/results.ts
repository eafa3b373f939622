import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { issuedBy, selfSigned } from "../../../support/network/certificate";
import { type Result, type Task, testHost } from "./cases";

/**
 * Runs the guard against each registry in each way, in a process that trusts an authority of its own.
 *
 * @param tell hears each row as it is done
 * @throws if something could not be started
 */
export async function runRegistries(tell: (result: Result) => void): Promise<void> {
  const [authority, signer] = [selfSigned("test authority"), selfSigned()];
  const tls = authority && issuedBy(authority, testHost, 2, ["localhost"]);
  if (tls === undefined || signer === undefined) throw new Error("openssl is needed to make certificates");
  const folder = mkdtempSync(join(tmpdir(), "ecs-image-guard-"));
  try {
    writeFileSync(join(folder, "ca.pem"), authority?.cert ?? "");
    const task: Task = { tls, signer };
    const args = ["--import", "tsx", join(__dirname, "child.ts"), JSON.stringify(task)];
    const child = spawn(process.execPath, args, {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, "ca.pem") },
      timeout: 300_000,
    });
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    for await (const line of createInterface(child.stdout)) tell(JSON.parse(line) as Result);
    const status = await ended;
    if (status !== 0) throw new Error(`the run ended with ${status}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
