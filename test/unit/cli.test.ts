import { describe, expect, test } from 'vitest';
import { parse } from '../../src/commands/cli.ts';
import { commands } from '../../src/commands/index.ts';
import { allows } from '../../src/commands/run.ts';

function find(name: string) {
  const command = commands.find((one) => one.name === name);
  if (!command) throw new Error(name);
  return command;
}

describe('the command line', () => {
  test('places, options and lists become the input', () => {
    expect(parse(find('config set'), ['shop', 'A=1', 'B=x y=z'])).toEqual({
      app: 'shop',
      pairs: ['A=1', 'B=x y=z'],
    });
    expect(parse(find('logs'), ['shop', '-f', '-n', '5'])).toEqual({ app: 'shop', follow: true, tail: 5 });
    expect(parse(find('logs'), ['--tail=7', 'shop'])).toEqual({ app: 'shop', tail: 7 });
    expect(parse(find('rollback'), ['shop', 'v3', '--keep-config'])).toEqual({
      app: 'shop',
      release: 'v3',
      'keep-config': true,
    });
    expect(parse(find('config set'), ['shop', '--', '-A=1'])).toEqual({ app: 'shop', pairs: ['-A=1'] });
  });

  test('an unknown option and a word too many are refused with the usage', () => {
    expect(() => parse(find('apps'), ['--nope'])).toThrow(/no option --nope/);
    expect(() => parse(find('apps info'), ['shop', 'more'])).toThrow(/takes no "more"/);
    expect(() => parse(find('logs'), ['shop', '--tail'])).toThrow(/needs a value/);
  });

  test('every command has its own name and its own route, and one about an app names it in its path', () => {
    expect(new Set(commands.map((one) => one.name)).size).toBe(commands.length);
    expect(new Set(commands.map((one) => `${one.method} ${one.path}`)).size).toBe(commands.length);
    for (const one of commands) expect(one.path.startsWith('/apps/:app')).toBe(one.scope === 'app');
  });
});

describe('rights', () => {
  const rights = ['read', 'deploy', 'admin'] as const;
  for (const [has, right] of rights.entries())
    for (const [needs, wanted] of rights.entries())
      test(`${right} ${has >= needs ? 'allows' : 'does not allow'} ${wanted}`, () => {
        expect(allows({ name: '', appId: null, right }, wanted, 'a')).toBe(has >= needs);
      });

  test('a token for one app reaches no other, and nothing of the server', () => {
    const actor = { name: '', appId: 'a', right: 'admin' as const };
    expect(allows(actor, 'read', 'a')).toBe(true);
    expect(allows(actor, 'read', 'b')).toBe(false);
    expect(allows(actor, 'read', null)).toBe(false);
  });
});
