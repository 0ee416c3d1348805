import { invalid } from '../buildpack.ts';

export interface Element {
  name: string;
  attributes: Record<string, string>;
  children: Element[];
  /** The text directly inside, trimmed. */
  text: string;
}

const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const maxDepth = 200;

/** Reads XML without namespaces, entities of its own or external parts. Throws PlanError `invalid` with file and line. */
export function parseXml(text: string, file: string): Element {
  const root: Element = { name: '', attributes: {}, children: [], text: '' };
  const open: Element[] = [root];
  const part =
    /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\?[\s\S]*?\?>|<!DOCTYPE[^>[]*(?:\[[\s\S]*?\])?[^>]*>|<\/([\w:.-]+)\s*>|<([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|[^<]+/y;
  const fail = (message: string) => {
    const line = text.slice(0, part.lastIndex || 0).split('\n').length;
    return invalid(
      file,
      line,
      `${file} is not valid XML: line ${line}: ${message}.`,
      `Mend line ${line} of ${file}, commit and push again.`,
    );
  };
  for (let at = 0; at < text.length; ) {
    part.lastIndex = at;
    const match = part.exec(text);
    const current = open.at(-1) ?? root;
    if (match === null) {
      part.lastIndex = at;
      throw fail(`"${text.slice(at, at + 20).split('\n')[0]}" cannot be read`);
    }
    const [whole, data, closed, opened, attributes = '', empty] = match;
    if (data !== undefined) current.text += data;
    else if (closed !== undefined) {
      if (closed !== current.name) throw fail(`</${closed}> closes <${current.name}>`);
      current.text = current.text.trim();
      open.pop();
    } else if (opened !== undefined) {
      const element: Element = {
        name: opened,
        attributes: readAttributes(attributes),
        children: [],
        text: '',
      };
      current.children.push(element);
      if (empty === '') open.push(element);
      if (open.length > maxDepth) throw fail('it is nested too deeply');
    } else if (!whole.startsWith('<')) current.text += decode(whole);
    at = part.lastIndex;
  }
  const left = open.at(-1);
  const [document] = root.children;
  if (left !== undefined && left !== root) throw fail(`<${left.name}> is not closed`);
  if (document === undefined) throw fail('it holds no element');
  return document;
}

function readAttributes(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name = '', double, single] of text.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g))
    found[name] = decode(double ?? single ?? '');
  return found;
}

function decode(text: string): string {
  return text.replace(/&(\w+|#\d+|#x[\da-f]+);/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return entities[name] ?? whole;
    const code = name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code > 0 && code < 0x110000 ? String.fromCodePoint(code) : whole;
  });
}

/** Every element below, at any depth, with this name. */
export function descendants(element: Element, name: string): Element[] {
  return element.children.flatMap((child) => [
    ...(child.name === name ? [child] : []),
    ...descendants(child, name),
  ]);
}
