import { Type } from '@sinclair/typebox';
import { UserError } from '../errors.ts';
import type { App, Config } from '../types.ts';
import { type Call, command, value } from './command.ts';
import { closing } from './outcome.ts';
import { deploy, differences, serving } from './releases.ts';

const namePattern = /^[A-Za-z_][A-Za-z0-9_]{0,199}$/;
/** They are told by us (see instances/spec.ts) and would be hidden. */
const ours = new Set(['PORT', 'LANDFALL_APP', 'LANDFALL_RELEASE', 'SOURCE_VERSION']);
/** The longest string that execve(2) takes on Linux is 128 KiB. */
const longestValue = 120_000;

const show = command({
  name: 'config',
  summary: "An app's variables",
  right: 'deploy',
  scope: 'app',
  method: 'GET',
  path: '/apps/:app/config',
  input: Type.Object({}),
  async run({ tools, app }) {
    const config = tools.store.variables.get(app.id);
    const lines = Object.entries(config).map(([name, text]) => `${name}=${text}`);
    return value(config, ...(lines.length > 0 ? lines : [`${app.name} has no config.`]));
  },
});

const set = command({
  name: 'config set',
  summary:
    'Sets variables and makes a release with them, without a build: A=1 B=2; C=- reads C from standard input',
  right: 'deploy',
  scope: 'app',
  creates: (input, call) => void givenVariables(input, call.stdin),
  method: 'POST',
  path: '/apps/:app/config',
  input: Type.Object({
    pairs: Type.Optional(Type.Array(Type.String(), { description: 'NAME=value' })),
    values: Type.Optional(
      Type.Record(Type.String(), Type.String(), { description: 'the same as an object' }),
    ),
  }),
  positional: ['pairs...'],
  async run(call, input) {
    const given = givenVariables(input, call.stdin);
    const names = Object.keys(given);
    return await apply(call, `config set ${names.join(', ')}`, (config) => ({ ...config, ...given }));
  },
});

const unset = command({
  name: 'config unset',
  summary: 'Removes variables and makes a release without them',
  right: 'deploy',
  scope: 'app',
  method: 'DELETE',
  path: '/apps/:app/config',
  input: Type.Object({ names: Type.Array(Type.String(), { minItems: 1 }) }),
  positional: ['names...'],
  async run(call, { names }) {
    const config = call.tools.store.variables.get(call.app.id);
    const unknown = names.filter((name) => !(name in config));
    if (unknown.length > 0)
      throw new UserError(
        'bad-input',
        `${call.app.name} has no variable ${unknown.join(', ')}.`,
        `See \`landfall config ${call.app.name}\`.`,
      );
    return await apply(call, `config unset ${names.join(', ')}`, (before) =>
      Object.fromEntries(Object.entries(before).filter(([name]) => !names.includes(name))),
    );
  },
});

/** Before the first push it is only noted; then it goes live as a release or changes nothing. */
async function apply(call: Call & { app: App }, reason: string, change: (config: Config) => Config) {
  const { tools, app } = call;
  const { variables } = tools.store;
  if (serving(tools, app) === null) {
    variables.set(app.id, change(variables.get(app.id)));
    return value({ app: app.name, release: null }, `Noted for the first release of ${app.name}.`);
  }
  const before = variables.get(app.id);
  if (differences(before, change(before)).length === 0)
    return value({ app: app.name, release: serving(tools, app)?.version ?? null }, 'Nothing to change.');
  const outcome = await deploy(call, 'config', () => {
    const now = serving(tools, app);
    if (!now) throw new UserError('not-deployed', `${app.name} has no live release.`, 'Push it first.');
    return { buildId: now.buildId, commit: now.commit, config: change(variables.get(app.id)), reason };
  });
  return value(outcome, ...closing(outcome));
}

/** What an input sets. Throws UserError `bad-input` for what no process could be given. */
function givenVariables(
  input: { pairs?: readonly string[]; values?: Config },
  stdin: string | undefined,
): Config {
  const given = { ...parsePairs(input.pairs ?? [], stdin), ...(input.values ?? {}) };
  check(given);
  return given;
}

/** A value `-` is what was piped in, less its last newline: a secret need not stand on a command line. */
function parsePairs(pairs: readonly string[], stdin: string | undefined): Config {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1)
        throw new UserError(
          'bad-input',
          `${JSON.stringify(pair.slice(0, 40))} is not NAME=value.`,
          'Write NAME=value, with quotes around a value with spaces.',
        );
      const value = pair.slice(at + 1);
      return [pair.slice(0, at), value === '-' && stdin !== undefined ? stdin.replace(/\n$/, '') : value];
    }),
  );
}

function check(config: Config): void {
  if (Object.keys(config).length === 0)
    throw new UserError('bad-input', 'No variable was given.', 'Write NAME=value.');
  for (const [name, text] of Object.entries(config)) {
    if (!namePattern.test(name))
      throw new UserError(
        'bad-input',
        `${JSON.stringify(name.slice(0, 40))} can't be a variable's name.`,
        'Use letters, digits and underscores, not beginning with a digit.',
      );
    if (ours.has(name))
      throw new UserError('bad-input', `${name} is set by Landfall.`, 'Choose another name.');
    if (text.includes('\0') || Buffer.byteLength(text) > longestValue)
      throw new UserError(
        'bad-input',
        `The value of ${name} can't be passed to a process.`,
        `Values have up to ${longestValue} bytes and no NUL.`,
      );
  }
}

export const configCommands = [show, set, unset];
