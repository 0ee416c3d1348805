import type { TSchema } from '@sinclair/typebox';
import { toFailure, UserError } from '../errors.ts';
import type { Call, Command } from './command.ts';
import { commands } from './index.ts';
import { runCommand } from './run.ts';

/** Where the words go: the same for the server's socket and, later, SSH. */
export interface Terminal {
  out(line: string): void;
  err(line: string): void;
}

/** Runs one command line and returns its exit code: 0, or 1 when it failed, or 2 when it was not understood. */
export async function runLine(
  args: readonly string[],
  call: Omit<Call, 'say'>,
  terminal: Terminal,
  logId: string,
): Promise<number> {
  const json = args.includes('--json');
  try {
    const words = args.filter((word) => word !== '--json');
    if (words.length === 0 || words[0] === 'help' || words.includes('--help')) {
      for (const line of help(words.filter((word) => word !== 'help' && word !== '--help')))
        terminal.out(line);
      return 0;
    }
    const { command, rest } = find(words);
    const input = parse(command, rest);
    const answer = await runCommand(command, input, {
      ...call,
      say: json ? () => {} : (line) => terminal.err(line),
    });
    if (answer.kind === 'stream') {
      for await (const item of answer.items) terminal.out(json ? JSON.stringify(item.value) : item.text);
    } else if (json) {
      terminal.out(JSON.stringify(answer.value));
    } else {
      for (const line of answer.text) terminal.out(line);
    }
    return 0;
  } catch (error) {
    const failure = toFailure(error, logId);
    if (json) terminal.out(JSON.stringify({ error: failure }));
    terminal.err(`! ${failure.code}: ${failure.message}`);
    terminal.err(`  → ${failure.hint}`);
    if (!(error instanceof UserError)) throw error;
    return failure.code === 'bad-input' ? 2 : 1;
  }
}

/** The longest name that the words begin with. */
function find(words: readonly string[]): { command: Command; rest: string[] } {
  const matches = commands.filter((command) =>
    command.name.split(' ').every((word, index) => words[index] === word),
  );
  const command = matches.toSorted((a, b) => b.name.length - a.name.length)[0];
  if (command) return { command, rest: words.slice(command.name.split(' ').length) };
  throw new UserError(
    'bad-input',
    `There is no command ${words.slice(0, 2).join(' ')}.`,
    'See `landfall help`.',
  );
}

/** Pure: words to input, by the command's schema. Throws UserError `bad-input`. */
export function parse(command: Command, words: readonly string[]): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  const places = [...(command.scope === 'app' ? ['app'] : []), ...command.positional];
  const schemas = command.input.properties as Record<string, TSchema>;
  const queue = [...words];
  let plain = false;
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === '--' && !plain) {
      plain = true;
      continue;
    }
    if (plain || !/^-(-[a-z]|[a-z]$)/.test(word)) {
      takePlace(command, places, input, word);
      continue;
    }
    const [flag = '', inline] = word.split(/=(.*)/s);
    const name = flag.startsWith('--') ? flag.slice(2) : (command.short?.[flag.slice(1)] ?? '');
    const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
    if (!schema)
      throw new UserError(
        'bad-input',
        `${command.name} has no option ${flag}.`,
        `See \`landfall help ${command.name}\`.`,
      );
    if (schema.type === 'boolean') {
      input[name] = true;
      continue;
    }
    const text = inline ?? queue.shift();
    if (text === undefined)
      throw new UserError('bad-input', `${flag} needs a value.`, `See \`landfall help ${command.name}\`.`);
    input[name] = schema.type === 'integer' ? Number(text) : text;
  }
  return input;
}

function takePlace(command: Command, places: string[], input: Record<string, unknown>, word: string): void {
  const place = places[0];
  if (place === undefined)
    throw new UserError('bad-input', `${command.name} takes no ${JSON.stringify(word)}.`, usage(command));
  if (place.endsWith('...')) {
    const name = place.slice(0, -3);
    input[name] = [...((input[name] as string[] | undefined) ?? []), word];
  } else {
    input[place] = word;
    places.shift();
  }
}

function usage(command: Command): string {
  const schemas = command.input.properties as Record<string, TSchema>;
  const places = command.positional.map((place) => {
    const name = place.replace('...', '');
    const needed = command.input.required?.includes(name);
    return needed ? place.toUpperCase() : `[${place.toUpperCase()}]`;
  });
  const named = command.positional.map((place) => place.replace('...', ''));
  const options = Object.entries(schemas)
    .filter(([name]) => !named.includes(name) && schemas[name]?.type !== 'object')
    .map(([name, schema]) =>
      schema.type === 'boolean' ? `[--${name}]` : `[--${name} ${name.toUpperCase()}]`,
    );
  return ['landfall', command.name, ...(command.scope === 'app' ? ['APP'] : []), ...places, ...options].join(
    ' ',
  );
}

function help(words: readonly string[]): string[] {
  const chosen = commands.filter((command) =>
    `${command.name} `.startsWith(words.length > 0 ? `${words.join(' ')} ` : ''),
  );
  if (words.length > 0 && chosen.length === 0)
    throw new UserError('bad-input', `There is no command ${words.join(' ')}.`, 'See `landfall help`.');
  if (words.length > 0) return chosen.flatMap((command) => [usage(command), `    ${command.summary}`]);
  return [
    'landfall COMMAND …   (--json on each)',
    '',
    ...chosen.map((command) => `  ${command.name.padEnd(16)} ${command.summary}`),
    `  ${'plan DIR'.padEnd(16)} What a push of this folder would do, and why`,
    `  ${'eject DIR'.padEnd(16)} Writes the Dockerfile that would be used`,
    `  ${'build DIR'.padEnd(16)} Builds the image of a folder, without a server`,
    '',
    'landfall help COMMAND for one of them.',
  ];
}
