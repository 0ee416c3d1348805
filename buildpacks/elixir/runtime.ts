import type { Warning } from '../buildpack.ts';
import type { Tree } from '../lib/tree.ts';
import { elixirTokens } from './tokens.ts';

const configs = [
  'config/runtime.exs',
  'config/releases.exs',
  'config/prod.exs',
  'config/prod.secret.exs',
  'config/config.exs',
];

/** The variables that the app refuses to start without, as its runtime configuration says. */
export function neededVariables(tree: Tree): string[] {
  const found = new Set<string>();
  for (const file of configs.slice(0, 2)) {
    const text = tree.read(file) ?? '';
    const tokens = elixirTokens(text);
    for (const [index, token] of tokens.entries()) {
      const name = tokens[index + 2];
      if (name?.kind !== 'string' || tokens[index + 1]?.text !== '(') continue;
      const raises = tokens.slice(index + 3, index + 7).some((one) => one.text === 'raise');
      if (/fetch_env!$/.test(token.text) || (token.text === 'System.get_env' && raises)) found.add(name.text);
    }
  }
  return [...found];
}

export function variableWarnings(tree: Tree, phoenix: boolean): Warning[] {
  const needed = neededVariables(tree);
  const host = phoenix && configs.some((file) => /["']PHX_HOST["']/.test(tree.read(file) ?? ''));
  return [
    ...(needed.length === 0
      ? []
      : [
          {
            code: 'needs-variable',
            message: `It does not start without ${needed.join(', ')}: set ${needed.length === 1 ? 'it' : 'them'} before the first push.`,
          },
        ]),
    ...(host && !needed.includes('PHX_HOST')
      ? [
          {
            code: 'suggest-variable',
            message:
              'Set PHX_HOST to the name that the app is reached by: live pages and websockets are refused from any other.',
          },
        ]
      : []),
  ];
}

/** The port that is written down where nothing reads PORT; null when PORT is read, or nothing is known. */
export function fixedPort(tree: Tree): number | null {
  const files = [
    ...configs,
    ...tree.withExtension('.ex'),
    ...tree.withExtension('.exs').filter((file) => file.includes('/config/')),
  ].slice(0, 300);
  let port: number | null = null;
  for (const file of files) {
    const text = tree.read(file);
    if (text === null) continue;
    if (/["']\w*PORT["']/.test(text)) return null;
    const said = /\bport:\s*(\d{2,5})\b/.exec(text)?.[1];
    // 5432 and its like are where databases listen.
    if (port === null && said !== undefined && !/^(5432|3306|6379|5672|27017|25|465|587|443)$/.test(said))
      port = Number(said);
  }
  return port;
}

/** Whether the production configuration reads variables while compiling, which a release would freeze. */
export function frozenSecrets(tree: Tree): boolean {
  if (tree.has('config/runtime.exs') || tree.has('config/releases.exs')) return false;
  return ['config/prod.exs', 'config/prod.secret.exs', 'config/config.exs'].some((file) =>
    /System\.(get_env|fetch_env)|\{:system,/.test(tree.read(file) ?? ''),
  );
}
