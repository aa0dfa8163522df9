// What a step does: nothing, or one line in a file that survives the process.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** How long an effect's answer is on its way, once it has happened. */
const ANSWER_MS = 20;

/** @param {string} file one line an effect: what it was asked under */
export function recorder(file) {
  return async (key) => {
    appendFileSync(file, `${key}\n`);
    await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
  };
}

/** The same, done once a key: what has happened under it is not done again. */
export function checkedRecorder(file) {
  const done = new Set(existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []);
  const record = recorder(file);
  return async (key) => {
    if (done.has(key)) return;
    done.add(key);
    await record(key);
  };
}

export const steps = ['a', 'b', 'c', 'd'];
