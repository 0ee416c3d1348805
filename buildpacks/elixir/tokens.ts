/** One piece of Elixir (or Erlang) source; comments and whitespace are left out. */
export interface Token {
  /** `key` is `name:` of a keyword list, `atom` is `:name`. */
  kind: 'word' | 'key' | 'atom' | 'string' | 'number' | 'sign';
  text: string;
}

const closers: Record<string, string> = { '(': ')', '[': ']', '{': '}', '<': '>' };

/** Splits Elixir into tokens. Never throws: what cannot be read ends the list. */
export function elixirTokens(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  const quoted = (open: string): string | null => {
    const end = closing(source, at, open);
    if (end < 0) return null;
    const text = source.slice(at, end);
    at = end + open.length;
    return text;
  };
  while (at < source.length) {
    if (take(/(?:\s+|#[^\n]*)+/y) !== null) continue;
    const triple = take(/"""|'''/y)?.[0];
    const quote = triple ?? take(/"|'/y)?.[0];
    if (quote !== undefined) {
      const text = quoted(quote);
      if (text === null) return tokens;
      // "assets.deploy": [...] is a key.
      tokens.push({ kind: take(/:(?=\s)/y) === null ? 'string' : 'key', text });
      continue;
    }
    const sigil = take(/~[a-zA-Z]+(["'|/([{<])/y)?.[1];
    if (sigil !== undefined) {
      const end = closers[sigil] ?? sigil;
      const text = quoted(end);
      if (text === null) return tokens;
      tokens.push({ kind: 'string', text });
      take(/[a-z]+/y);
      continue;
    }
    const atom = take(/:(?:([A-Za-z_][\w@]*[?!]?)|"([^"\n]*)")/y);
    if (atom !== null) {
      tokens.push({ kind: 'atom', text: atom[1] ?? atom[2] ?? '' });
      continue;
    }
    const word = take(/@?[A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)*[?!]?/y)?.[0];
    if (word !== undefined) {
      tokens.push({ kind: take(/:(?=\s)/y) === null ? 'word' : 'key', text: word });
      continue;
    }
    const number = take(/\d[\w.]*/y)?.[0];
    if (number !== undefined) {
      tokens.push({ kind: 'number', text: number.replaceAll('_', '') });
      continue;
    }
    tokens.push({ kind: 'sign', text: take(/->|=>|\|>|\|\||&&|==|[\s\S]/y)?.[0] ?? '' });
  }
  return tokens;
}

function closing(source: string, start: number, mark: string): number {
  for (let at = start; at < source.length; at++) {
    if (source[at] === '\\') at++;
    else if (source.startsWith(mark, at)) return at;
  }
  return -1;
}

/** The tokens between the bracket at `index` and its partner, without both; [] when that is more than `most` away. */
export function inside(tokens: readonly Token[], index: number, most = 500): Token[] {
  let depth = 0;
  for (let at = index; at < tokens.length && at < index + most; at++) {
    const token = tokens[at];
    if (token?.kind !== 'sign') continue;
    if (/^[([{]$/.test(token.text)) depth++;
    else if (/^[)\]}]$/.test(token.text) && --depth === 0) return tokens.slice(index + 1, at);
  }
  return [];
}
