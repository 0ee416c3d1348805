import { invalid } from '../buildpack.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * Reads JSON as people write it: comments and trailing commas are accepted, as npm's neighbours (tsconfig, deno.jsonc)
 * do. Throws PlanError `invalid` with file and line.
 */
export function parseJson(text: string, file: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return new Reader(text, file).document();
  }
}

/** Objects deeper than this are an attack, not a manifest. */
const maxDepth = 500;

class Reader {
  readonly #text: string;
  readonly #file: string;
  #at = 0;
  #depth = 0;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
  }

  document(): Json {
    this.#space();
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw this.#error('there is text after the end of the document');
    return value;
  }

  #value(): Json {
    const char = this.#text[this.#at];
    if (char === '{') return this.#nested(() => this.#object());
    if (char === '[') return this.#nested(() => this.#array());
    if (char === '"') return this.#string();
    const word = /[-+\w.]+/y;
    word.lastIndex = this.#at;
    const match = word.exec(this.#text)?.[0];
    if (match === undefined)
      throw this.#error(
        char === undefined ? 'the file ends too early' : `unexpected ${JSON.stringify(char)}`,
      );
    const value = { true: true, false: false, null: null }[match] ?? (match === 'null' ? null : undefined);
    const number = /^-?\d/.test(match) ? Number(match) : Number.NaN;
    if (value === undefined && Number.isNaN(number)) throw this.#error(`unexpected ${JSON.stringify(match)}`);
    this.#at += match.length;
    return value === undefined ? number : value;
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > maxDepth) throw this.#error('it is nested too deeply');
    const value = read();
    this.#depth--;
    return value;
  }

  #object(): { [key: string]: Json } {
    const entries: [string, Json][] = [];
    this.#at++;
    for (;;) {
      this.#space();
      if (this.#text[this.#at] === '}') break;
      if (this.#text[this.#at] !== '"') throw this.#error('a key in double quotes is expected');
      const key = this.#string();
      this.#space();
      if (this.#text[this.#at] !== ':') throw this.#error(`":" is missing after "${key}"`);
      this.#at++;
      this.#space();
      entries.push([key, this.#value()]);
      this.#space();
      if (this.#text[this.#at] === ',') this.#at++;
      else if (this.#text[this.#at] !== '}') throw this.#error('"," or "}" is missing');
    }
    this.#at++;
    return Object.fromEntries(entries);
  }

  #array(): Json[] {
    const items: Json[] = [];
    this.#at++;
    for (;;) {
      this.#space();
      if (this.#text[this.#at] === ']') break;
      items.push(this.#value());
      this.#space();
      if (this.#text[this.#at] === ',') this.#at++;
      else if (this.#text[this.#at] !== ']') throw this.#error('"," or "]" is missing');
    }
    this.#at++;
    return items;
  }

  #string(): string {
    const start = this.#at++;
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at];
      if (char === '\\') this.#at++;
      else if (char === '\n') break;
      else if (char === '"') {
        this.#at++;
        try {
          return JSON.parse(this.#text.slice(start, this.#at)) as string;
        } catch {
          break;
        }
      }
    }
    this.#at = start;
    throw this.#error('this string is not well-formed');
  }

  #space(): void {
    const skip = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
    skip.lastIndex = this.#at;
    skip.exec(this.#text);
    this.#at = Math.max(this.#at, skip.lastIndex);
  }

  #error(message: string) {
    const line = this.#text.slice(0, this.#at).split('\n').length;
    return invalid(
      this.#file,
      line,
      `${this.#file} is not valid JSON: line ${line}: ${message}.`,
      `Mend line ${line} of ${this.#file}, commit and push again.`,
    );
  }
}

/** The value as an object; {} for anything else. */
export function record(value: Json | undefined): { [key: string]: Json } {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {};
}

/** The value as text; null for anything else and for blank text. */
export function text(value: Json | undefined): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

/** The strings in a list; a lone string counts as a list of one. */
export function strings(value: Json | undefined): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
