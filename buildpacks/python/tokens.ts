/** A word, string, number or sign of Python. The text of a string is its value, without quotes. */
export interface PyToken {
  kind: 'name' | 'string' | 'number' | 'sign';
  text: string;
}

/** One logical line: brackets and backslashes joined, comments left out. */
export interface PyStatement {
  indent: number;
  line: number;
  tokens: PyToken[];
}

/** Blanks, comments and joined lines; a line end; the opening of a string; a name; a number; a sign. */
const pattern =
  /(?:[ \t\r\f]+|#[^\n]*|\\\r?\n)|(\n)|[rRbBuUfFtT]{0,3}("""|\x27\x27\x27|"|\x27)|([\p{L}_][\p{L}\p{N}_]*)|(\d[\w.]*)|(\*\*=?|\/\/=?|->|:=|[!=<>+\-*/%&|^@]=|<<|>>|[\s\S])/uy;

/** Splits Python into logical lines. Never throws; text that is no Python gives nonsense, not an error. */
export function pyStatements(source: string): PyStatement[] {
  const statements: PyStatement[] = [];
  let line = 1;
  let depth = 0;
  let current: PyStatement | null = null;
  pattern.lastIndex = 0;
  for (let at = 0; at < source.length; at = pattern.lastIndex) {
    const match = pattern.exec(source);
    if (match === null) break;
    const [whole, newline, quote, name, number, sign] = match;
    if (newline !== undefined) {
      line++;
      if (depth === 0 && current !== null) {
        statements.push(current);
        current = null;
      }
      continue;
    }
    if (quote === undefined && name === undefined && number === undefined && sign === undefined) {
      if (whole.endsWith('\n')) line++;
      continue;
    }
    if (sign === ';' && depth === 0) {
      // The next one begins on the same line, with the same indentation.
      const indent: number = current?.indent ?? 0;
      if (current !== null) statements.push(current);
      current = { indent, line, tokens: [] };
      continue;
    }
    current ??= { indent: indentAt(source, at), line, tokens: [] };
    if (quote !== undefined) {
      const start = pattern.lastIndex;
      const end = stringEnd(source, start, quote);
      const text = source.slice(start, end);
      current.tokens.push({ kind: 'string', text });
      if (quote.length === 3) line += text.split('\n').length - 1;
      pattern.lastIndex = Math.min(source.length, source.startsWith(quote, end) ? end + quote.length : end);
    } else if (name !== undefined) current.tokens.push({ kind: 'name', text: name });
    else if (number !== undefined) current.tokens.push({ kind: 'number', text: number });
    else if (sign !== undefined) {
      if (sign === '(' || sign === '[' || sign === '{') depth++;
      else if (sign === ')' || sign === ']' || sign === '}') depth = Math.max(0, depth - 1);
      current.tokens.push({ kind: 'sign', text: sign });
    }
  }
  if (current !== null) statements.push(current);
  return statements.filter((statement) => statement.tokens.length > 0);
}

function indentAt(source: string, at: number): number {
  let width = 0;
  for (let index = source.lastIndexOf('\n', at - 1) + 1; index < at; index++)
    width += source[index] === '\t' ? 8 : 1;
  return width;
}

function stringEnd(source: string, start: number, quote: string): number {
  for (let at = start; at < source.length; at++) {
    if (source[at] === '\\') at++;
    else if (source.startsWith(quote, at)) return at;
    else if (quote.length === 1 && source[at] === '\n') return at;
  }
  return source.length;
}
