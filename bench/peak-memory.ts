import { readdirSync, readFileSync } from "node:fs";

/**
 * Watches the resident memory of a process that some descendant of this one starts. Linux alone keeps a peak for others
 * to read: `VmHWM` of proc_pid_status(5).
 */
export class PeakMemory {
  #pid: number | undefined;
  #peakBytes = 0;
  readonly #timer: NodeJS.Timeout;

  /** @param part what the command line of the process contains */
  constructor(private readonly part: string) {
    this.#timer = setInterval(() => {
      this.#look();
    }, 50);
    this.#timer.unref();
  }

  /** The peak in bytes; the process is over, or its work is. */
  stop(): number {
    this.#look();
    clearInterval(this.#timer);
    if (this.#peakBytes === 0) throw new Error(`No process of ${this.part} was seen.`);
    return this.#peakBytes;
  }

  #look(): void {
    this.#pid ??= this.#find();
    if (this.#pid === undefined) return;
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${this.#pid}/status`))?.[1];
    if (peak !== undefined) this.#peakBytes = Math.max(this.#peakBytes, Number(peak) * 1024);
  }

  #find(): number | undefined {
    const pids = readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
    return pids.find(
      (pid) => pid !== process.pid && read(`/proc/${pid}/cmdline`).includes(this.part) && isDescendant(pid),
    );
  }
}

function isDescendant(pid: number): boolean {
  for (let at = pid; at > 1;) {
    // The name in brackets may hold anything.
    const parent = /^.*\) \S (\d+) /s.exec(read(`/proc/${at}/stat`))?.[1];
    if (parent === undefined) return false;
    at = Number(parent);
    if (at === process.pid) return true;
  }
  return false;
}

/** "" where the process has ended. */
function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
