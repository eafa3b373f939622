#!/usr/bin/env node
import { requireAllParts } from "./parts";

// What `bin` in package.json names. The command is loaded only once all of it is there.
try {
  requireAllParts(__dirname);
  void import("../cli");
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 3;
}
