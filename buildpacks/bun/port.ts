import type { Context, Warning } from '../buildpack.ts';
import { jsTokens } from '../lib/js.ts';

const mostFiles = 200;

/** The port written into the code, where nothing reads PORT. Bun.serve without a port reads PORT by itself. */
export function fixedPort(ctx: Context, file: string | null): { port: number | null; warnings: Warning[] } {
  const none = { port: null, warnings: [] };
  if (file === null) return none;
  const sources = ['.ts', '.tsx', '.js', '.mjs']
    .flatMap((extension) => ctx.tree.withExtension(extension))
    .slice(0, mostFiles);
  if (sources.some((path) => /["'`](?:\w+_)?PORT["'`]|\.(?:\w+_)?PORT\b/.test(ctx.tree.read(path) ?? '')))
    return none;
  const words = jsTokens(ctx.tree.read(file) ?? '').map((token) => token.text);
  for (const [index, word] of words.entries()) {
    const value = Number(words[index + 2]);
    const said =
      (/^port$/i.test(word) && /^[:=]$/.test(words[index + 1] ?? '')) ||
      (word === 'listen' && words[index + 1] === '(');
    if (!said || !Number.isInteger(value) || value <= 0 || value > 65535) continue;
    const message = `${file} fixes port ${value}, whatever PORT says: the app is expected there. Better: Number(Bun.env.PORT ?? ${value}).`;
    return { port: value, warnings: [{ code: 'port-not-read', message }] };
  }
  return none;
}
