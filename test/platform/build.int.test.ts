import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { build } from '../../scripts/build.mjs';
import { tempDir } from '../support/temp-dir.ts';

const run = promisify(execFile);

describe('compiled sources', () => {
  let dir: Awaited<ReturnType<typeof tempDir>>;
  beforeEach(async () => {
    dir = await tempDir();
    await mkdir(join(dir.path, 'app/inner'), { recursive: true });
    await writeFile(join(dir.path, 'package.json'), '{"type":"module","version":"1.2.3"}');
    await writeFile(join(dir.path, 'app/plain.mjs'), 'export const plain = "plain";');
    await writeFile(join(dir.path, 'app/asset.txt'), 'an asset');
    await writeFile(
      join(dir.path, 'app/inner/part.ts'),
      'export interface Unused { x: number }\n\nexport function fail(): never {\n  throw new Error("here");\n}\n',
    );
    await writeFile(
      join(dir.path, 'app/main.ts'),
      `import { readFileSync } from 'node:fs';
       import manifest from '../package.json' with { type: 'json' };
       import { plain } from './plain.mjs';
       import { fail } from './inner/part.ts';
       const asset: string = readFileSync(new URL('./asset.txt', import.meta.url), 'utf8');
       console.log(JSON.stringify([manifest.version, plain, asset, import.meta.url, import.meta.built]));
       if (process.argv[2] === 'fail') fail();`,
    );
  });
  afterEach(() => dir.remove());

  it('run as their sources would, with assets found beside the sources', async () => {
    const { folder, made } = await build(dir.path);
    expect(made).to.equal(true);
    const { stdout } = await run(process.execPath, [join(folder, 'app/main.js')]);
    const [version, plain, asset, url, built] = JSON.parse(stdout) as string[];
    expect([version, plain, asset]).to.deep.equal(['1.2.3', 'plain', 'an asset']);
    expect(url).to.equal(`file://${join(dir.path, 'app/main.ts')}`);
    expect(built).to.equal(`file://${join(folder, 'app/main.js')}`);
  });

  it('show the lines of their sources in a stack', async () => {
    const { folder } = await build(dir.path);
    const failed = await run(process.execPath, [
      '--enable-source-maps',
      join(folder, 'app/main.js'),
      'fail',
    ]).catch((error: { stderr: string }) => error);
    expect(failed.stderr).to.include('app/inner/part.ts:4:');
  });

  it('are compiled once, again after any change, also by two at the same time; few old builds stay', async () => {
    const [one, other] = await Promise.all([build(dir.path), build(dir.path)]);
    expect(one.folder).to.equal(other.folder);
    expect((await build(dir.path)).made).to.equal(false);
    for (let change = 1; change <= 5; change += 1) {
      await writeFile(join(dir.path, 'app/plain.mjs'), `export const plain = 'change ${change}';`);
      const next = await build(dir.path);
      expect(next.made).to.equal(true);
      const { stdout } = await run(process.execPath, [join(next.folder, 'app/main.js')]);
      expect(stdout).to.include(`change ${change}`);
    }
    expect(await readdir(join(dir.path, 'dist'))).to.have.length(3);
  });

  it('that do not parse leave nothing behind, and say where', async () => {
    await writeFile(join(dir.path, 'app/main.ts'), 'const x = ;');
    const failure = await build(dir.path).then(
      () => undefined,
      (error: Error) => error.message,
    );
    expect(failure).to.include('app/main.ts:1:10');
    expect(await readdir(join(dir.path, 'dist')).catch(() => [])).to.deep.equal([]);
  });
});
