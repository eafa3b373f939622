/** Why a Dockerfile cannot be read, in words that complete "… could not be read: …". Never leaves this folder. */
export class DockerfileError extends Error {}

/** Characters read and steps of patterns: more than any Dockerfile needs, and less than a second. */
const maximumSteps = 5_000_000;

/** What replacing the arguments of one Dockerfile may cost: a few lines could otherwise keep a preview busy for hours. */
export class Work {
  #left = maximumSteps;
  #exhausted: DockerfileError | undefined;

  /** @throws {DockerfileError} */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left >= 0) return;
    // Thrown once for each argument that is left, of which there may be thousands: they share one stack.
    throw (this.#exhausted ??= new DockerfileError("its arguments take too long to replace"));
  }
}
