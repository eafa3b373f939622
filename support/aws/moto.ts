import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { endProcess, freePort, whenReady } from "../process/server-process";

/** A running `moto_server` (PyPI `moto[ecr,server]`): the ECR, STS and Secrets Manager APIs on a loopback port. */
export interface Moto {
  /** For `AWS_ENDPOINT_URL`; without a slash at its end. */
  readonly url: string;
  stop(): Promise<void>;
}

/** The program to start, or undefined if there is none. */
function available(): string | undefined {
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
  const moto = { url: `http://127.0.0.1:${port}`, stop: () => endProcess(child) };
  try {
    await whenReady(child, `${moto.url}/moto-api/data.json`);
  } catch (error) {
    await moto.stop();
    throw error;
  }
  return moto;
}
