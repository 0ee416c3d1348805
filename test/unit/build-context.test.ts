import { PassThrough, Readable } from 'node:stream';
import { extract, pack } from 'tar-stream';
import { expect, test } from 'vitest';
import { readAll } from '../../src/build/buildkit/daemon.ts';
import { filterTar, findIgnore, parseIgnore } from '../../src/build/buildkit/ignore.ts';
import { stripSyntax } from '../../src/build/syntax.ts';

test.each([
  ['node_modules', 'node_modules/a/b.js', true],
  ['node_modules', 'sub/node_modules/a.js', false],
  ['**/node_modules', 'sub/deep/node_modules/a.js', true],
  ['**/node_modules', 'node_modules/a.js', true],
  ['*.log', 'npm.log', true],
  ['*.log', 'sub/npm.log', false],
  ['**/*.log', 'sub/npm.log', true],
  ['docs/**/*.md', 'docs/a/b.md', true],
  ['/dist/', 'dist/x', true],
  ['./dist', 'dist/x', true],
  ['file?.txt', 'file1.txt', true],
  ['file[0-3].txt', 'file9.txt', false],
  ['a.b', 'axb', false],
  ['*\n!keep.txt', 'keep.txt', false],
  ['!keep.txt\n*', 'keep.txt', true],
  ['sub\n!sub/keep', 'sub/keep', false],
  ['# comment\n\n  space.txt  ', 'space.txt', true],
  ['**', 'anything/at/all', true],
  ['.', 'anything', false],
  ['a+(b)', 'a+(b)', true],
])('the ignore file %j and the path %j: %j', (text, path, ignored) => {
  expect(parseIgnore(text)(path)).toBe(ignored);
});

function tar(files: Record<string, string>): Readable {
  const packed = pack();
  for (const [name, text] of Object.entries(files)) packed.entry({ name, mode: 0o755 }, text);
  packed.finalize();
  return packed.pipe(new PassThrough());
}

async function contents(stream: Readable): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const entry of stream.pipe(extract())) {
    let text = '';
    for await (const chunk of entry) text += String(chunk);
    files[entry.header.name] = text;
  }
  return files;
}

test('the filtered tar keeps the Dockerfile, even an ignored one, and large files whole', async () => {
  const big = 'x'.repeat(3_000_000);
  const files = { Dockerfile: 'FROM x', 'a.txt': 'a', 'dir/b.txt': 'b', 'big.bin': big };
  const kept = await contents(
    filterTar(tar(files), parseIgnore('Dockerfile\n*.txt\n**/b.txt'), 'Dockerfile'),
  );
  expect(Object.keys(kept)).toEqual(['Dockerfile', 'big.bin']);
  expect(kept['big.bin'] === big).toBe(true);
});

test('the ignore file of the Dockerfile comes before the common one; without any there is none', async () => {
  const common = { '.dockerignore': 'common' };
  expect(await findIgnore(tar({ ...common, 'sub/D.dockerignore': 'own' }), 'sub/D')).toBe('own');
  expect(await findIgnore(tar({ ...common, 'D.dockerignore': 'own' }), 'sub/D')).toBe('common');
  expect(await findIgnore(tar({ a: 'a' }), 'D')).toBeNull();
});

test('a context that breaks off fails the build instead of hanging it', async () => {
  const broken = () =>
    Readable.from(
      (async function* () {
        yield Buffer.alloc(100);
        throw new Error('git archive died');
      })(),
    );
  await expect(findIgnore(broken(), 'D')).rejects.toThrow('git archive died');
  await expect(readAll(filterTar(broken(), () => false, 'D'))).rejects.toThrow('git archive died');
});

test('the syntax directive goes, line numbers and the other directives stay', () => {
  expect(stripSyntax('# syntax=docker/dockerfile:1\nFROM a\nRUN b')).toBe('#\nFROM a\nRUN b');
  expect(stripSyntax('#syntax = x\n# escape=`\nFROM a')).toBe('# escape=`\n#\nFROM a');
  const late = 'FROM a\n# syntax=x\nRUN b';
  expect(stripSyntax(late)).toBe(late);
});
