const intervalMs = 500;

/**
 * Ends this process soon after the one that started it has ended. Pulumi's engine ends its plugins when it is cancelled, but an
 * engine that is killed ends none, and a pack would wait for registries, and keep its port, for nobody. Where the system does
 * not give orphans a new parent (Windows), nothing happens.
 */
export function exitWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit();
  }, intervalMs).unref();
}
