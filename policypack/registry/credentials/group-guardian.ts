import { spawn } from "node:child_process";

/** Waits until its standard input ends, which it does whenever this process does, and ends the group then. (dash's kill knows no `--`.) */
const script = 'read -r line; kill -9 "-$1"';

/**
 * Sees to it that a process group of ours does not outlive this process, however that ends: Pulumi's engine ends a policy
 * pack with SIGKILL, after which nobody is there to end what the pack has started (pulumi `sdk/go/common/resource/plugin`).
 * Not for Windows.
 *
 * @returns to be called when the group has ended by itself
 */
export function guardGroup(group: number): () => void {
  // In a group of its own, which those who end ours do not know.
  const guardian = spawn("/bin/sh", ["-c", script, "sh", String(group)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  // Where there is no shell, the group is as safe as it would be without.
  guardian.once("error", () => undefined);
  guardian.stdin.on("error", () => undefined);
  guardian.unref();
  return () => {
    guardian.kill("SIGKILL");
  };
}
