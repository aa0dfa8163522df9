// mocha takes one reporter: this is `spec`, live on stdout, with the results also kept as JSON in the file that
// TRADEWRIGHT_TEST_REPORT names (mocha loads reporters through require, hence CommonJS).
const { writeFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

const { EVENT_RUN_BEGIN, EVENT_RUN_END, EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_PENDING } =
  Runner.constants;

module.exports = class SpecAndReport extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const path = process.env.TRADEWRIGHT_TEST_REPORT;
    if (!path) return;
    const tests = [];
    let start = new Date();
    const note = (state) => (test, error) =>
      tests.push({
        title: test.title,
        fullTitle: test.fullTitle(),
        file: test.file,
        state,
        duration: test.duration ?? 0,
        ...(error && { error: { message: error.message, stack: error.stack } }),
      });
    runner.on(EVENT_RUN_BEGIN, () => (start = new Date()));
    runner.on(EVENT_TEST_PASS, note('passed'));
    runner.on(EVENT_TEST_FAIL, note('failed'));
    runner.on(EVENT_TEST_PENDING, note('pending'));
    runner.on(EVENT_RUN_END, () => {
      const of = (state) => tests.filter((test) => test.state === state).length;
      const end = new Date();
      const stats = {
        tests: tests.length,
        passes: of('passed'),
        failures: of('failed'),
        pending: of('pending'),
        start: start.toISOString(),
        end: end.toISOString(),
        duration: end - start,
      };
      writeFileSync(path, `${JSON.stringify({ stats, tests }, null, 2)}\n`);
    });
  }
};
