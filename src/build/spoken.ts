import type { Context, Stack } from '../../buildpacks/buildpack.ts';
import { settingsFile } from './settings.ts';

/** Programs that belong to one stack; a command that runs one says which stack's image it needs. */
const programs: readonly (readonly [Stack, RegExp])[] = [
  [
    'python',
    /^(?:python[\d.]*|pip[\d.]*|gunicorn|uvicorn|hypercorn|daphne|granian|waitress-serve|uwsgi|flask|fastapi|streamlit|chainlit|sanic|celery|django-admin|poetry|pipenv|pdm|uv|manage\.py)$/,
  ],
  ['node', /^(?:node|nodejs|npm|npx|yarn|pnpm|next|nuxt|nest|tsx|ts-node|pm2-runtime)$/],
  ['bun', /^bunx?$/],
  ['deno', /^deno$/],
  ['ruby', /^(?:ruby|bundle|rails|rackup|puma|unicorn|thin|falcon|passenger|rake|sidekiq|hanami)$/],
  ['java', /^(?:java|mvn|mvnw|gradle|gradlew|sbt)$/],
  ['php', /^(?:php|heroku-php-(?:apache2|nginx)|frankenphp|artisan)$/],
  ['elixir', /^(?:mix|elixir|iex)$/],
  ['dotnet', /^dotnet$/],
  ['rust', /^cargo$/],
  ['go', /^go$/],
];

/** Who says what to start has said which of several apps it is: by the settings, or the Procfile's `web`. */
export function spoken(ctx: Context): { stack: Stack; file: string; command: string } | null {
  const command = ctx.settings.start ?? ctx.procfile.web ?? null;
  const stack = command === null ? null : stackOf(command, ctx);
  if (command === null || stack === null) return null;
  return { stack, file: ctx.settings.start === null ? 'Procfile' : settingsFile, command };
}

/** The stack that a command speaks for by the program it runs, looking into a script of the tree; null when none. */
function stackOf(command: string, ctx: Context, deep = true): Stack | null {
  const last = command.split(/&&|\|\||[;\n]/).findLast((part) => part.trim() !== '' && !/^\s*#/.test(part));
  const words = (last ?? '').trim().split(/\s+/);
  while (/^(?:\w+=.*|exec|env|time|nice|bash|sh|\/bin\/(?:ba)?sh|-\w+)$/.test(words[0] ?? ' ')) words.shift();
  const path = (words[0] ?? '').replace(/^\.\//, '');
  const name = path.slice(path.lastIndexOf('/') + 1);
  const found = programs.find(([, pattern]) => pattern.test(name));
  if (found !== undefined) return found[0];
  if (/^target\/release\//.test(path)) return 'rust';
  const script = deep && path !== '' ? ctx.tree.read(path) : null;
  if (script === null) return null;
  const shebang = /^#!\S*\/(?:env\s+)?(\w+)/.exec(script)?.[1] ?? 'sh';
  return stackOf(/^(?:ba|da|z|k)?sh$/.test(shebang) ? script : shebang, ctx, false);
}
