// The whole crash matrix: `npm run test:crash`. Exit code 0 only when every point held.
import { crashMatrix, titleOf } from './crash-matrix.ts';

let passed = 0;
let failed = 0;
const results = await crashMatrix({
  done(result, of) {
    if (result.faults.length === 0) passed += 1;
    else failed += 1;
    const mark = result.faults.length === 0 ? '✓' : '✗';
    process.stderr.write(`${mark} ${passed + failed}/${of} ${titleOf(result)}\n`);
    for (const fault of result.faults) process.stderr.write(`    ${fault}\n`);
  },
});
console.log(`${results.length} crash points, ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
