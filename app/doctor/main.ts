import pc from 'picocolors';
import type { Check } from './check.ts';
import { examine } from './checks.ts';
import { surroundings } from './surroundings.ts';

const json = process.argv.includes('--json');
const out = json ? process.stderr : process.stdout;
const colors = pc.createColors(out.isTTY && pc.isColorSupported);

function line({ part, ok, required, found, fix }: Check): string {
  const mark = ok ? colors.green('✓') : required ? colors.red('✗') : colors.yellow('!');
  const advice = fix === undefined ? '' : `\n    ${colors.bold('→')} ${fix}`;
  return `${mark} ${part.padEnd(16)} ${found.replaceAll('\n', '\n    ')}${advice}`;
}

const checks = await examine(surroundings(process.env), process.env);
const ok = checks.every((part) => part.ok || !part.required);
for (const part of checks) out.write(`${line(part)}\n`);
out.write(`${ok ? 'Everything that is required is there.' : 'Something that is required is missing.'}\n`);
if (json) {
  await new Promise<void>((resolve) =>
    process.stdout.write(`${JSON.stringify({ ok, checks })}\n`, () => resolve()),
  );
}
process.exitCode = ok ? 0 : 1;
