import { type PyToken, pyStatements } from './tokens.ts';

/** A name at module level that is made by a call: `app = FastAPI()`. */
export interface PyObject {
  name: string;
  /** The called name with its imports resolved: `fastapi.FastAPI`, `create_app`. */
  callee: string;
  line: number;
}

/** What one file says, as far as starting an app needs it. */
export interface PyModule {
  /** Modules imported absolutely: `fastapi`, `app.routers`. */
  imports: Set<string>;
  objects: PyObject[];
  /** Functions without required parameters, with what they call and assign: factories. */
  functions: { name: string; required: number; objects: PyObject[] }[];
  /** `if __name__ == "__main__"` */
  main: boolean;
  /** Names called anywhere, with imports resolved: `uvicorn.run`, `streamlit.title`. */
  calls: Set<string>;
  /** `"module:name"` strings, such as uvicorn.run gets. */
  targets: string[];
  /** Plain assignments of strings: `WSGI_APPLICATION = "shop.wsgi.application"`. */
  strings: Map<string, string>;
  /** Plain renamings: `server = app.server`. */
  aliases: Map<string, string>;
  /** Module-level statements that do something, other than importing, defining and assigning. */
  acts: boolean;
}

export function pyModule(source: string): PyModule {
  const names = new Map<string, string>();
  const stars: string[] = [];
  const module: PyModule = {
    imports: new Set(),
    objects: [],
    functions: [],
    main: false,
    calls: new Set(),
    targets: [],
    strings: new Map(),
    aliases: new Map(),
    acts: false,
  };
  /** The enclosing blocks: functions, classes and the main guard. */
  const blocks: { indent: number; kind: 'def' | 'class' | 'guard'; functionIndex: number }[] = [];
  for (const { indent, line, tokens } of pyStatements(source)) {
    while ((blocks.at(-1)?.indent ?? -1) >= indent) blocks.pop();
    const block = blocks.at(-1);
    const [first, second] = tokens;
    const word = first?.kind === 'name' ? first.text : '';
    if (word === 'import') {
      readImport(tokens.slice(1), names, module.imports);
      continue;
    }
    if (word === 'from') {
      readFrom(tokens.slice(1), names, stars, module.imports);
      continue;
    }
    if (word === 'def' || (word === 'async' && second?.text === 'def')) {
      const name = tokens[word === 'def' ? 1 : 2]?.text ?? '';
      const inside = blocks.some((one) => one.kind !== 'guard');
      if (!inside && word === 'def')
        module.functions.push({ name, required: requiredParameters(tokens), objects: [] });
      blocks.push({ indent, kind: 'def', functionIndex: inside ? -1 : module.functions.length - 1 });
      continue;
    }
    if (word === 'class') {
      blocks.push({ indent, kind: 'class', functionIndex: -1 });
      continue;
    }
    if (
      word === 'if' &&
      tokens.some((token) => token.text === '__name__') &&
      tokens.some((token) => token.text === '__main__')
    ) {
      module.main = true;
      blocks.push({ indent, kind: 'guard', functionIndex: -1 });
      continue;
    }
    const made = assignment(tokens, line, names, stars);
    for (const call of callsIn(tokens, names, stars)) module.calls.add(call);
    for (const token of tokens)
      if (token.kind === 'string' && /^[\w.]+:[A-Za-z_]\w*$/.test(token.text))
        module.targets.push(token.text);
    const scope = blocks.findLast((one) => one.kind === 'def');
    if (made !== null) {
      if (block === undefined) module.objects.push(made);
      else if (scope !== undefined && scope.functionIndex >= 0)
        module.functions[scope.functionIndex]?.objects.push(made);
    } else if (scope !== undefined && scope.functionIndex >= 0 && word === 'return') {
      const callee = calleeAt(tokens, 1, names, stars);
      if (callee !== null) module.functions[scope.functionIndex]?.objects.push({ name: '', callee, line });
    }
    if (second?.text === '=' && tokens[2]?.kind === 'string' && tokens.length === 3 && first?.kind === 'name')
      module.strings.set(first.text, tokens[2].text);
    if (block === undefined && made === null && second?.text === '=' && first?.kind === 'name') {
      const { text, next } = dotted(tokens, 2);
      if (text !== '' && next === tokens.length) module.aliases.set(first.text, text);
    }
    if (
      block === undefined &&
      made === null &&
      second?.text !== '=' &&
      first?.kind === 'name' &&
      tokens.some((token) => token.text === '(') &&
      !/^(?:@|if|elif|else|try|except|with|for|while|assert|raise|return|del)$/.test(word)
    ) {
      module.acts = true;
    }
  }
  return module;
}

function readImport(tokens: readonly PyToken[], names: Map<string, string>, imports: Set<string>): void {
  let at = 0;
  while (at < tokens.length) {
    const { text, next } = dotted(tokens, at);
    if (text === '') return;
    imports.add(text);
    const alias = tokens[next]?.text === 'as' ? tokens[next + 1]?.text : undefined;
    if (alias !== undefined) names.set(alias, text);
    else names.set(text.split('.')[0] ?? text, text.split('.')[0] ?? text);
    at = next + (alias === undefined ? 0 : 2) + 1;
  }
}

function readFrom(
  tokens: readonly PyToken[],
  names: Map<string, string>,
  stars: string[],
  imports: Set<string>,
): void {
  const { text: module, next } = dotted(tokens, 0);
  const relative = tokens[0]?.text === '.' || module === '';
  if (!relative) imports.add(module);
  if (tokens[next]?.text !== 'import') {
    // `from .x import y`: only the local names matter.
    const at = tokens.findIndex((token) => token.text === 'import');
    if (at < 0) return;
    readNames(tokens.slice(at + 1), '', names, stars);
    return;
  }
  readNames(tokens.slice(next + 1), module, names, stars);
}

function readNames(
  tokens: readonly PyToken[],
  module: string,
  names: Map<string, string>,
  stars: string[],
): void {
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.text === '*') stars.push(module);
    if (token?.kind !== 'name') continue;
    const alias = tokens[at + 1]?.text === 'as' ? tokens[at + 2]?.text : undefined;
    names.set(alias ?? token.text, module === '' ? token.text : `${module}.${token.text}`);
    if (alias !== undefined) at += 2;
  }
}

function dotted(tokens: readonly PyToken[], from: number): { text: string; next: number } {
  let text = '';
  let at = from;
  for (; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    const wantsName = text === '' || text.endsWith('.');
    if (wantsName && token.kind === 'name' && token.text !== 'import') text += token.text;
    else if (!wantsName && token.text === '.') text += '.';
    else break;
  }
  return { text, next: at };
}

/** `name = callee(…)`, `name: Type = callee(…)`, `name, other = callee(…)`. */
function assignment(
  tokens: readonly PyToken[],
  line: number,
  names: ReadonlyMap<string, string>,
  stars: readonly string[],
): PyObject | null {
  const [first] = tokens;
  if (first?.kind !== 'name') return null;
  const equals = tokens.findIndex(
    (token, index) => index > 0 && index < 12 && token.text === '=' && token.kind === 'sign',
  );
  const between = tokens[1]?.text;
  if (equals < 1 || (equals > 1 && between !== ':' && between !== ',')) return null;
  // `app = application = Flask(…)`: the first name is enough.
  let value = equals + 1;
  while (tokens[value]?.kind === 'name' && tokens[value + 1]?.text === '=') value += 2;
  const callee = calleeAt(tokens, value, names, stars);
  return callee === null ? null : { name: first.text, callee, line };
}

function calleeAt(
  tokens: readonly PyToken[],
  from: number,
  names: ReadonlyMap<string, string>,
  stars: readonly string[],
): string | null {
  const start = tokens[from]?.text === 'await' ? from + 1 : from;
  const { text, next } = dotted(tokens, start);
  return text !== '' && tokens[next]?.text === '(' ? resolve(text, names, stars) : null;
}

function resolve(text: string, names: ReadonlyMap<string, string>, stars: readonly string[]): string {
  const [head = '', ...rest] = text.split('.');
  const known =
    names.get(head) ??
    (stars.length > 0 && /^[A-Za-z]/.test(head)
      ? `${stars.find((module) => module !== '') ?? ''}.${head}`.replace(/^\./, '')
      : head);
  return [known, ...rest].join('.');
}

function callsIn(
  tokens: readonly PyToken[],
  names: ReadonlyMap<string, string>,
  stars: readonly string[],
): string[] {
  const found: string[] = [];
  for (let at = 0; at < tokens.length; at++) {
    if (tokens[at]?.kind !== 'name' || tokens[at - 1]?.text === '.') continue;
    const { text, next } = dotted(tokens, at);
    if (tokens[next]?.text === '(') found.push(resolve(text, names, stars));
    at = Math.max(at, next - 1);
  }
  return found;
}

function requiredParameters(tokens: readonly PyToken[]): number {
  const open = tokens.findIndex((token) => token.text === '(');
  let depth = 0;
  let required = 0;
  let parameter: PyToken[] = [];
  const end = (): void => {
    const first = parameter[0];
    if (first?.kind === 'name' && !parameter.some((token) => token.text === '=')) required++;
    parameter = [];
  };
  for (const token of tokens.slice(open)) {
    if (/^[([{]$/.test(token.text) && token.kind === 'sign') {
      if (++depth === 1) continue;
    }
    if (/^[)\]}]$/.test(token.text) && token.kind === 'sign' && --depth === 0) {
      end();
      break;
    }
    if (depth === 1 && token.text === ',' && token.kind === 'sign') end();
    else parameter.push(token);
  }
  return required;
}
