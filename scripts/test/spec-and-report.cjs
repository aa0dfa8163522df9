// mocha takes one reporter: this is `spec`, live on stdout, with mocha's own JSON report beside it in the file that
// TRADEWRIGHT_TEST_REPORT names (mocha loads reporters through require, hence CommonJS).
const { reporters } = require('mocha');

module.exports = class SpecAndReport extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const output = process.env.TRADEWRIGHT_TEST_REPORT;
    if (output) new reporters.JSON(runner, { ...options, reporterOption: { output } });
  }
};
