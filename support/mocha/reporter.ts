import { writeFileSync } from "node:fs";
import { reporters, Runner } from "mocha";

const { EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING, EVENT_RUN_END } = Runner.constants;

/**
 * Mocha's own report, followed by the names of the skipped tests. It also writes `passed failed pending state` to the file that
 * ECS_IMAGE_GUARD_TEST_RESULTS names: after each test (in parallel mode, after each file of tests), so that a run that is cut
 * short leaves its counts. The state is `ended` only if the run came to its end.
 */
class Reporter extends reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const skipped: string[] = [];
    runner.on(EVENT_TEST_PENDING, (test) => {
      skipped.push(test.fullTitle());
    });
    runner.once(EVENT_RUN_END, () => {
      if (skipped.length > 0)
        console.log(`Skipped ${skipped.length}; the reasons stand above:\n  ${skipped.join("\n  ")}\n`);
    });
    const file = process.env["ECS_IMAGE_GUARD_TEST_RESULTS"];
    if (!file) return;
    const counts = { passed: 0, failed: 0, pending: 0 };
    const write = (state: "running" | "ended") => {
      writeFileSync(file, `${counts.passed} ${counts.failed} ${counts.pending} ${state}\n`);
    };
    const count = (outcome: keyof typeof counts) => () => {
      counts[outcome]++;
      write("running");
    };
    runner.on(EVENT_TEST_PASS, count("passed"));
    runner.on(EVENT_TEST_FAIL, count("failed"));
    runner.on(EVENT_TEST_PENDING, count("pending"));
    runner.on(EVENT_RUN_END, () => {
      write("ended");
    });
  }
}

export = Reporter;
