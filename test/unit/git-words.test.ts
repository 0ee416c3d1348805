import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { basicPassword } from '../../src/git/http.ts';
import { printable } from '../../src/git/lines.ts';
import { pkt, Translate } from '../../src/git/pkt.ts';
import { isForbidden, submoduleUrl } from '../../src/git/submodules.ts';

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

test('the password is everything after the first colon, and nothing else counts as one', () => {
  expect(basicPassword(basic('x:a:b'))).toBe('a:b');
  expect(basicPassword(basic(':t'))).toBe('t');
  expect(basicPassword(basic('x:'))).toBe('');
  for (const header of [undefined, '', 'Basic', 'Basic !!!', basic('no colon'), `Bearer ${basic('a:b')}`])
    expect(basicPassword(header)).toBe(null);
});

test('a build log cannot move the cursor, ring, hide text or send lines without end', () => {
  expect(printable('a\u001b[31mred\u001b[0m\u001b]0;title\u0007b\u0000c\td')).toEqual(['aredbc\td']);
  expect(printable('50%\r100%\r\nnext')).toEqual(['50%100%', 'next']);
  expect(printable('\u001b]52;c;ZXZpbA==\u001b\\x')).toEqual(['x']);
  expect(printable('x'.repeat(1e6))[0]?.length).toBeLessThan(5_000);
});

describe('the answer of receive-pack', () => {
  const pass = async (input: Buffer, step: number) => {
    const translate = new Translate();
    for (let at = 0; at < input.length; at += step) translate.write(input.subarray(at, at + step));
    translate.end();
    return Buffer.concat(await translate.toArray());
  };
  test('passes unchanged, however it is cut', async () => {
    const input = Buffer.concat([
      pkt('\u0002hello\n'),
      Buffer.from('0005\u0001'),
      pkt('unpack ok'),
      Buffer.from('0000'),
    ]);
    for (const step of [1, 3, 1000]) expect(await pass(input, step)).toEqual(input);
  });
  test('passes unchanged when it is no packets at all', async () => {
    expect((await pass(Buffer.from('what is this'), 5)).toString()).toBe('what is this');
  });
  test('says in our words that the push is too large', async () => {
    const cut = ['\u0002fatal: pack exceeds max', '\u0002imum allowed size (1.00 MiB)\nfat', '\u0002al: x\n'];
    const said = (await pass(Buffer.concat(cut.map(pkt)), 7)).toString('latin1');
    const packets: string[] = [];
    for (let at = 0; at < said.length; ) {
      const length = Number.parseInt(said.slice(at, at + 4), 16);
      packets.push(Buffer.from(said.slice(at + 4, at + length), 'latin1').toString());
      at += length;
    }
    expect(packets).toHaveLength(3);
    expect(packets[1]).toMatch(/\)\n! too-large: .*\n {2}→ .*\nfat$/);
    expect(packets[2]).toBe(cut[2]);
  });
});

describe('the address of a submodule', () => {
  test.each([
    ['https://example.com/a/b.git', 'https://example.com/a/b.git'],
    ['git@github.com:a/b.git', 'https://github.com/a/b.git'],
    ['ssh://git@github.com/a/b', 'https://github.com/a/b'],
    ['ssh://git@github.com:22/a/b', 'https://github.com/a/b'],
    ['git://example.com/x', 'git://example.com/x'],
  ])('%s is fetched from %s', (url, from) => expect(submoduleUrl('lib', url).href).toBe(from));
  test.each([
    null,
    '../lib.git',
    './x',
    '-u./x',
    '--upload-pack=touch /tmp/x',
    'ext::sh -c id',
    'file:///etc',
    '/etc',
    'ssh://-oProxyCommand=x/y',
    '',
  ])('%s is refused', (url) => expect(() => submoduleUrl('lib', url)).toThrow(UserError));
  test.each([
    '169.254.169.254',
    '::ffff:169.254.169.254',
    'fe80::1',
    '0.0.0.0',
    '::',
    'fd00:ec2::254',
    '224.0.0.1',
  ])('at %s is forbidden', (address) => expect(isForbidden(address)).toBe(true));
  test.each(['10.0.0.1', '140.82.121.4', '2606:50c0::1', '127.0.0.1'])('at %s is allowed', (address) =>
    expect(isForbidden(address)).toBe(false),
  );
});
