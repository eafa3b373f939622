import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** What another program printed, on both of its outputs, and whether its exit status was 0. */
export interface Finished {
  readonly passed: boolean;
  readonly output: string;
}

/** Waits for a program; one that cannot be started is a defect of the test, and rejects. */
export async function finished(child: ChildProcess): Promise<Finished> {
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer | string) => chunks.push(Buffer.from(chunk)));
  const [code] = (await once(child, "close")) as [number | null];
  return { passed: code === 0, output: Buffer.concat(chunks).toString("utf8") };
}
