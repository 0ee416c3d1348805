import type { Warning } from '../buildpack.ts';
import type { Tree } from '../lib/tree.ts';
import { readCode } from './config.ts';
import type { DenoStart } from './start.ts';

/** What Deno.serve and `deno serve` listen on when nobody says. */
const denoPort = 8000;
const mostFiles = 200;

/** The port that the app listens on although PORT says another; null when it reads PORT or nothing is known. */
export function fixedPort(
  tree: Tree,
  start: DenoStart,
  framework: string | null,
): { port: number | null; warnings: Warning[] } {
  const flag = /\s--port[= ](\d+)\b/.exec(start.command)?.[1];
  if (flag !== undefined) return { port: Number(flag), warnings: [] };
  if (/\s--port[= ]\$\{?PORT/.test(start.command)) return { port: null, warnings: [] };
  const served = /\bdeno serve\b/.test(start.command);
  if (!served && framework === 'fresh') return { port: null, warnings: [] };
  if (!served && readsPort(tree)) return { port: null, warnings: [] };
  const code = start.entry === null ? null : readCode(tree, start.entry);
  const warnings =
    code === null
      ? []
      : localOnly(
          code.tokens.map((token) => token.text),
          code.file,
        );
  const literal = code === null ? null : literalPort(code.tokens.map((token) => token.text));
  if (!served && literal === null && code?.serves !== true) return { port: null, warnings };
  const port = served ? denoPort : (literal ?? denoPort);
  return {
    port,
    warnings: [
      ...warnings,
      {
        code: 'port-not-read',
        message: `Nothing reads PORT: the app is expected on ${port}. Another one: port = … in landfall.toml, or listen on Number(Deno.env.get("PORT")).`,
      },
    ],
  };
}

function readsPort(tree: Tree): boolean {
  const files = ['.ts', '.tsx', '.js', '.mjs']
    .flatMap((extension) => tree.withExtension(extension))
    .slice(0, mostFiles);
  return files.some((file) => /["'`](?:\w+_)?PORT["'`]|\.PORT\b/.test(tree.read(file) ?? ''));
}

/** `port: 3000`, `.listen(3000)`, `const PORT = 3000`. */
function literalPort(words: readonly string[]): number | null {
  for (const [index, word] of words.entries()) {
    const next = words[index + 1];
    const value = Number(words[index + 2]);
    const said =
      (/^port$/i.test(word) && (next === ':' || next === '=')) || (word === 'listen' && next === '(');
    if (said && Number.isInteger(value) && value > 0 && value < 65536) return value;
  }
  return null;
}

function localOnly(words: readonly string[], file: string): Warning[] {
  const local = words.some(
    (word, index) =>
      word === 'hostname' &&
      words[index + 1] === ':' &&
      /^(localhost|127\.0\.0\.1|::1)$/.test(words[index + 2] ?? ''),
  );
  if (!local) return [];
  return [
    {
      code: 'listens-locally',
      message: `${file} listens on localhost only, where the proxy cannot reach it: use hostname "0.0.0.0".`,
    },
  ];
}
