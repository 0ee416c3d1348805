import { stripVTControlCharacters } from 'node:util';

const maxLine = 2000;
const longTitle = 120;

/** A line of output as text: no terminal codes, only what a carriage return left standing, at most 2,000 characters. */
export function readable(raw: string): string {
  const shown = raw.replace(/\r+$/, '').split('\r').at(-1) ?? '';
  const text = stripVTControlCharacters(shown)
    .replaceAll('\t', '    ')
    .replace(/\p{Cc}/gu, '')
    .trimEnd();
  return text.length > maxLine ? `${text.slice(0, maxLine)} … (${text.length} characters)` : text;
}

/** What comes before the command proper: variables, and the exports that make a client trust the host's authorities. */
const preparation =
  /^(?:if \[ [^\]]* \]; then export [^;]*; fi(?:;| &&) |export (?:[A-Za-z_]\w*=\S*\s*)+(?:;|&&)\s*|(?:[A-Za-z_]\w*=\S*\s+)+)*/;

/** `[build 3/7] RUN --mount=… npm ci` → `RUN npm ci`: the instruction without stage, mounts and exported variables. */
export function command(name: string): string {
  const bare = name.replace(/^\[[^\]]*\]\s*/, '').replaceAll(/\s+/g, ' ');
  const run = /^RUN (?:--\S+ )*(.*)$/.exec(bare);
  if (!run?.[1]) return bare.trim();
  const shown = run[1].replace(preparation, '');
  return `RUN ${shown === '' ? run[1] : shown}`.trim();
}

/** The step's line in a log: its place and its instruction, cut where it is long. */
export function title(name: string): string {
  const place = /^\[(?:[^\]]*\s)?(\d+\/\d+)\]/.exec(name)?.[1];
  const stage = /^\[(\S+)\s+\d+\/\d+\]/.exec(name)?.[1];
  const mark = place ? `[${stage && !/^stage-\d+$/.test(stage) ? `${stage} ` : ''}${place}] ` : '';
  const words = /^https?:\/\//.test(name)
    ? 'receiving the source'
    : command(name).replace(/^load /, 'loading ');
  const text = `${mark}${words}`;
  return text.length > longTitle ? `${text.slice(0, longTitle)}…` : text;
}

/** 0.24 → `0.2s`, 75 → `1m 15s`. */
export function showSeconds(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, seconds).toFixed(1)}s`;
  return `${Math.floor(seconds / 60)}m ${Math.round(seconds % 60)}s`;
}
