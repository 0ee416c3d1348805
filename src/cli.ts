import { existsSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { withNixpacks } from './build/nixpacks.ts';
import { page } from './build/page.ts';
import { type Planned, plan } from './build/plan.ts';
import { sourceFromDirectory } from './build/source.ts';
import { toFailure, UserError } from './errors.ts';

const usage = `landfall plan DIR [--json]             what an app is, how it is built, what it runs
landfall eject DIR [--force]           writes that as Dockerfile and .dockerignore
landfall build DIR --tag T [--json]    builds it with the local Docker, without a server
`;

/** Exit status of each outcome. */
const status = { plan: 0, ambiguous: 3, unsupported: 4, invalid: 5 } as const;

/** The commands that need no server. Returns the exit status; results on stdout, words on stderr. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
      tag: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [command, dir = '.'] = positionals;
  if (values.help || command === undefined) {
    process.stdout.write(usage);
    return values.help ? 0 : 2;
  }
  if (!existsSync(dir) || !statSync(dir).isDirectory()) {
    throw new UserError(
      'bad-input',
      `${dir} is not a folder.`,
      'Name the folder of the app, for example: landfall plan .',
    );
  }
  switch (command) {
    case 'plan':
      return printPlan(await planned(dir), values.json, dir);
    case 'eject':
      return eject(await planned(dir), dir, values.force, values.json);
    case 'build': {
      const { buildLocally } = await import('./build/local.ts');
      return buildLocally(await planned(dir), {
        dir: resolve(dir),
        tag: values.tag ?? null,
        json: values.json,
        home: process.env.LANDFALL_HOME ?? join(homedir(), '.landfall'),
      });
    }
    default:
      throw new UserError('bad-input', `There is no command "${command}".`, `The commands are:\n${usage}`);
  }
}

/** The plan, and what the program nixpacks adds where no buildpack knows the app. */
function planned(dir: string): Promise<Planned> {
  return withNixpacks(planOf(dir), {
    dir,
    path: process.env.PATH ?? '',
    signal: new AbortController().signal,
  });
}

/** Plans a folder; `elapsedMs` counts reading the tree too. */
function planOf(dir: string): Planned {
  const began = performance.now();
  const source = sourceFromDirectory(dir);
  const read = performance.now() - began;
  const planned = plan(source, () => performance.now());
  return {
    ...planned,
    json: { ...planned.json, elapsedMs: Math.round((planned.json.elapsedMs + read) * 10) / 10 },
  };
}

function printPlan({ json }: Planned, asJson: boolean, dir: string): number {
  process.stdout.write(asJson ? `${JSON.stringify(json)}\n` : page(json, dir));
  return status[json.outcome];
}

function eject({ json, recipe }: Planned, dir: string, force: boolean, asJson: boolean): number {
  if (recipe === null || json.dockerfile === null) return printPlan({ json, recipe }, asJson, dir);
  if (json.stack === 'dockerfile') {
    throw new UserError(
      'conflict',
      'The app is built by its own Dockerfile already.',
      'There is nothing to eject.',
    );
  }
  const files = {
    Dockerfile: json.dockerfile,
    '.dockerignore': recipe.files[`${recipe.dockerfile}.dockerignore`] ?? '',
  };
  const present = Object.keys(files).filter(
    (name) => name !== '.dockerignore' && existsSync(join(dir, name)),
  );
  if (present.length > 0 && !force) {
    throw new UserError(
      'conflict',
      `${present.join(', ')} exists already in ${dir}.`,
      'Use --force to replace it.',
    );
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  if (asJson) process.stdout.write(`${JSON.stringify({ files: Object.keys(files) })}\n`);
  else process.stdout.write(`Wrote Dockerfile and .dockerignore. Build it anywhere: docker build ${dir}\n`);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const asJson = process.argv.includes('--json');
  const known =
    error instanceof UserError ||
    (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  const failure =
    error instanceof UserError
      ? error.toJSON()
      : known && error instanceof Error
        ? { code: 'bad-input', message: error.message, hint: 'See landfall --help.' }
        : toFailure(error, 'local');
  if (!known)
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  if (asJson) process.stdout.write(`${JSON.stringify({ error: failure })}\n`);
  else process.stderr.write(`! ${failure.code}: ${failure.message}\n  → ${failure.hint}\n`);
  // 1 is our bug.
  process.exitCode = known ? 2 : 1;
}
