// mocha's `spec` reporter, which also leaves the counts for .ci/run and says at the end what was skipped.
const { writeFileSync } = require("node:fs");
const { reporters, Runner } = require("mocha");

class Reporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const skipped = [];
    runner.on(Runner.constants.EVENT_TEST_PENDING, (test) => skipped.push(test.fullTitle()));
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures } = runner.stats;
      if (skipped.length > 0)
        console.log(`Skipped ${skipped.length}; the reasons stand above:\n  ${skipped.join("\n  ")}\n`);
      const file = process.env.ECS_IMAGE_GUARD_TEST_RESULTS;
      if (file !== undefined) writeFileSync(file, `${passes} ${failures} ${skipped.length}\n`);
    });
  }
}

module.exports = Reporter;
