/** One word, string, number or sign of JavaScript or TypeScript; comments and whitespace are left out. */
export interface JsToken {
  kind: 'word' | 'string' | 'number' | 'sign' | 'template' | 'regex';
  /** Of a string or a template without `${}`: its value. */
  text: string;
}

/** Signs and words after which a `/` begins a regular expression and not a division. */
const beforeRegex = /^(?:[([{,;:=!&|?+\-*%<>~^]|=>|return|typeof|case|in|of|delete|void|throw|new|else|do)$/;

/** Splits JavaScript into tokens. Never throws: what cannot be read ends the list. Bounded by the text's length. */
export function jsTokens(source: string): JsToken[] {
  const tokens: JsToken[] = [];
  const space = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y;
  const word = /[\p{L}_$#@][\p{L}\p{N}_$]*/uy;
  const number = /\d[\w.]*/y;
  const quoted = /'((?:[^'\\\n]|\\[\s\S])*)'|"((?:[^"\\\n]|\\[\s\S])*)"/y;
  const regex = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y;
  const sign = /=>|\.\.\.|\?\.|\?\?=?|===?|!==?|<=|>=|&&=?|\|\|=?|[\s\S]/y;
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  while (at < source.length) {
    if (take(space) !== null) continue;
    const first = source[at];
    if (first === '"' || first === "'") {
      const match = take(quoted);
      if (match === null) return tokens;
      tokens.push({ kind: 'string', text: (match[1] ?? match[2] ?? '').replace(/\\(['"\\/])/g, '$1') });
      continue;
    }
    if (first === '`') {
      const end = templateEnd(source, at + 1);
      if (end < 0) return tokens;
      const text = source.slice(at + 1, end);
      tokens.push({ kind: text.includes('${') ? 'template' : 'string', text });
      at = end + 1;
      continue;
    }
    const last = tokens.at(-1);
    if (
      first === '/' &&
      (last === undefined || ((last.kind === 'sign' || last.kind === 'word') && beforeRegex.test(last.text)))
    ) {
      const match = take(regex);
      if (match !== null) {
        tokens.push({ kind: 'regex', text: match[0] });
        continue;
      }
    }
    const named = take(word);
    if (named !== null) {
      tokens.push({ kind: 'word', text: named[0] });
      continue;
    }
    const digits = take(number);
    if (digits !== null) {
      tokens.push({ kind: 'number', text: digits[0] });
      continue;
    }
    tokens.push({ kind: 'sign', text: take(sign)?.[0] ?? '' });
  }
  return tokens;
}

function templateEnd(source: string, start: number, level = 0): number {
  if (level > 50) return -1;
  let depth = 0;
  for (let at = start; at < source.length; at++) {
    const char = source[at];
    if (char === '\\') at++;
    else if (char === '`' && depth === 0) return at;
    else if (char === '$' && source[at + 1] === '{') {
      depth++;
      at++;
    } else if (char === '}' && depth > 0) depth--;
    else if (char === '`') {
      const end = templateEnd(source, at + 1, level + 1);
      if (end < 0) return -1;
      at = end;
    }
  }
  return -1;
}

export type JsValue = string | boolean | number | null | 'other';

/**
 * What a configuration file says for a key, in any spelling: `key: 'x'`, `"key": "x"`, `config.key = 'x'`, `{ key }` with a
 * constant, a ternary on the environment (a build is production; other variables are not set). Undefined: not said.
 */
export function jsProperty(
  tokens: readonly JsToken[],
  key: string,
): { value: JsValue; known: boolean } | undefined {
  let found: { value: JsValue; known: boolean } | undefined;
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index];
    if (token === undefined || (token.kind !== 'word' && token.kind !== 'string') || token.text !== key)
      continue;
    const before = tokens[index - 1]?.text;
    const next = tokens[index + 1]?.text;
    const closing = next === ']' && tokens[index + 2]?.text === ':' ? 2 : 1;
    if (tokens[index + closing]?.text === ':' && (before === '{' || before === ',' || before === '[')) {
      found = evaluate(tokens, index + closing + 1) ?? found;
    } else if (next === '=' && before === '.') found = evaluate(tokens, index + 2) ?? found;
    else if ((next === ',' || next === '}') && (before === '{' || before === ',') && token.kind === 'word') {
      found = constant(tokens, key) ?? found;
    }
  }
  return found;
}

function constant(tokens: readonly JsToken[], name: string, depth = 0) {
  for (let index = 0; index + 2 < tokens.length; index++) {
    if (!/^(const|let|var)$/.test(tokens[index]?.text ?? '') || tokens[index + 1]?.text !== name) continue;
    const equals = tokens.slice(index + 2, index + 8).findIndex((token) => token.text === '=');
    if (equals >= 0) return evaluate(tokens, index + 2 + equals + 1, depth + 1);
  }
  return undefined;
}

function evaluate(
  tokens: readonly JsToken[],
  start: number,
  depth = 0,
): { value: JsValue; known: boolean } | undefined {
  if (depth > 5) return undefined;
  const expression = expressionAt(tokens, start);
  const [first] = expression;
  if (first === undefined) return undefined;
  const question = topLevel(expression, '?');
  if (question > 0) {
    const colon = topLevel(expression, ':', question);
    const yes = production(expression.slice(0, question));
    const branch = yes
      ? expression.slice(question + 1, colon < 0 ? undefined : colon)
      : expression.slice(colon + 1);
    return evaluate(branch, 0, depth + 1);
  }
  const or = expression.findIndex((token) => token.text === '||' || token.text === '??');
  if (or > 0) return evaluate(expression, or + 1, depth + 1);
  const and = expression.findIndex((token) => token.text === '&&');
  if (and > 0)
    return production(expression.slice(0, and))
      ? evaluate(expression, and + 1, depth + 1)
      : { value: null, known: true };
  if (first.kind === 'string') return { value: first.text, known: true };
  if (first.kind === 'number') return { value: Number(first.text), known: true };
  if (first.text === 'true' || first.text === 'false') return { value: first.text === 'true', known: true };
  if (first.text === 'null' || first.text === 'undefined') return { value: null, known: true };
  const alone =
    expression.length === 1 || expression[1]?.text === 'as' || expression[1]?.text === 'satisfies';
  if (first.kind === 'word' && alone)
    return constant(tokens, first.text, depth) ?? { value: 'other', known: false };
  return { value: 'other', known: false };
}

/** Whether a condition holds in a production build. */
function production(condition: readonly JsToken[]): boolean {
  const negative =
    condition.some((token) => token.text === '!==' || token.text === '!=') || condition[0]?.text === '!';
  const says = condition.some(
    (token) => /^(production|prod)$/i.test(token.text) || /^is_?prod(uction)?$/i.test(token.text),
  );
  const dev = condition.some(
    (token) => /^(development|dev|test)$/i.test(token.text) || /^is_?dev(elopment)?$/i.test(token.text),
  );
  return says ? !negative : dev ? negative : negative;
}

function expressionAt(tokens: readonly JsToken[], start: number): JsToken[] {
  const found: JsToken[] = [];
  let depth = 0;
  let ternaries = 0;
  for (let index = start; index < tokens.length && found.length < 200; index++) {
    const token = tokens[index];
    if (token === undefined) break;
    if (token.kind === 'sign') {
      if (/^[([{]$/.test(token.text)) depth++;
      if (/^[)\]}]$/.test(token.text) && --depth < 0) break;
      if (depth === 0 && (token.text === ',' || token.text === ';')) break;
      if (depth === 0 && token.text === '?') ternaries++;
      if (depth === 0 && token.text === ':' && --ternaries < 0) break;
    }
    if (
      depth === 0 &&
      found.length > 0 &&
      token.kind === 'word' &&
      /^(export|module|const|let|var|function|return|import)$/.test(token.text)
    )
      break;
    found.push(token);
  }
  // A wrapped expression: ( … )
  return found[0]?.text === '(' && found.at(-1)?.text === ')' ? found.slice(1, -1) : found;
}

function topLevel(tokens: readonly JsToken[], sign: string, from = 0): number {
  let depth = 0;
  let nested = 0;
  for (let index = from === 0 ? 0 : from + 1; index < tokens.length; index++) {
    const token = tokens[index];
    if (token?.kind !== 'sign') continue;
    if (/^[([{]$/.test(token.text)) depth++;
    else if (/^[)\]}]$/.test(token.text)) depth--;
    else if (depth === 0 && sign === ':' && token.text === '?') nested++;
    else if (depth === 0 && token.text === sign && nested-- === 0) return index;
  }
  return -1;
}

/** The modules that a file imports or requires: bare names and relative paths, as written. */
export function jsImports(tokens: readonly JsToken[]): Set<string> {
  const found = new Set<string>();
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index];
    if (token?.kind !== 'word') continue;
    const next = tokens[index + 1];
    if ((token.text === 'from' || token.text === 'import') && next?.kind === 'string') found.add(next.text);
    const argument = tokens[index + 2];
    if (
      (token.text === 'require' || token.text === 'import') &&
      next?.text === '(' &&
      argument?.kind === 'string'
    )
      found.add(argument.text);
  }
  return found;
}

/** Whether a file calls `name(`, or `.name(` for a name that begins with a dot. */
export function jsCalls(tokens: readonly JsToken[], name: string): boolean {
  const dotted = name.startsWith('.');
  const word = dotted ? name.slice(1) : name;
  return tokens.some(
    (token, index) =>
      token.kind === 'word' &&
      token.text === word &&
      tokens[index + 1]?.text === '(' &&
      (!dotted || /^\??\.$/.test(tokens[index - 1]?.text ?? '')),
  );
}

/** The package of an import: `@scope/name/x` → `@scope/name`; null for relative and built-in ones. */
export function packageOf(specifier: string): string | null {
  if (
    /^[./#]|^(node|bun|data|https?|file|virtual|~|@\/)/.test(specifier) &&
    !/^(node|bun|data|file|virtual)-/.test(specifier)
  )
    return null;
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? null);
}
