import { type Json, record, strings, text } from '../lib/json.ts';
import type { Tree } from '../lib/tree.ts';
import { normalizeName, poetryRequirement, requirementName } from './requirements.ts';
import { pyStatements } from './tokens.ts';

export function isPublished(pyproject: Record<string, Json>, tree: Tree): boolean {
  for (const table of [record(pyproject.project), record(record(pyproject.tool).poetry)]) {
    const classifiers = strings(table.classifiers);
    if (classifiers.some((one) => one.startsWith('Private ::'))) return false;
    if (classifiers.length > 0 || strings(table.keywords).length > 0) return true;
  }
  if (/^(?:classifiers?|keywords)\s*=/m.test(tree.read('setup.cfg') ?? '')) return true;
  return pyStatements(tree.read('setup.py') ?? '').some(({ tokens }) =>
    tokens.some(
      (token, index) => /^(?:classifiers|keywords)$/.test(token.text) && tokens[index + 1]?.text === '=',
    ),
  );
}

export function scriptsOf(pyproject: Record<string, Json>): Record<string, string> {
  const own = {
    ...record(record(record(pyproject.tool).poetry).scripts),
    ...record(record(pyproject.project).scripts),
  };
  return Object.fromEntries(
    Object.entries(own).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}

/** What the manifests ask for at run time. */
export function directNames(pyproject: Record<string, Json>, tree: Tree): Set<string> {
  const names = new Set<string>();
  const add = (name: string | null): void => {
    if (name !== null && name.toLowerCase() !== 'python') names.add(normalizeName(name));
  };
  const project = record(pyproject.project);
  for (const requirement of strings(project.dependencies)) {
    add(requirementName(requirement));
    if (/^fastapi\[(?:standard|all)\]/i.test(requirement.trim())) names.add('uvicorn');
  }
  for (const [name, value] of Object.entries(record(record(record(pyproject.tool).poetry).dependencies))) {
    if (record(value).optional !== true) add(name);
    if (
      name === 'fastapi' &&
      strings(record(value).extras).some((extra) => extra === 'standard' || extra === 'all')
    )
      names.add('uvicorn');
  }
  if (tree.has('Pipfile'))
    for (const name of Object.keys(record(record(tree.toml('Pipfile') ?? {}).packages))) add(name);
  if (strings(project.dynamic).includes('dependencies')) for (const name of setupNames(tree)) names.add(name);
  return names;
}

export function lockedNames(tree: Tree, file: string): Set<string> {
  if (file === 'Pipfile.lock')
    return new Set(Object.keys(record(record(tree.json(file) ?? {}).default)).map(normalizeName));
  const source = tree.read(file) ?? '';
  return new Set([...source.matchAll(/^name = "([^"]+)"/gm)].map((match) => normalizeName(match[1] ?? '')));
}

/** install_requires of setup.py (the strings of its list) and setup.cfg. */
export function setupNames(tree: Tree): Set<string> {
  const names = new Set<string>();
  for (const { tokens } of pyStatements(tree.read('setup.py') ?? '')) {
    const start = tokens.findIndex(
      (token) =>
        token.text === 'install_requires' || token.text === 'requirements' || token.text === 'requires',
    );
    if (start < 0) continue;
    for (const token of tokens.slice(start + 2)) {
      if (token.text === ']' || token.text === ')') break;
      const name = token.kind === 'string' ? requirementName(token.text) : null;
      if (name !== null) names.add(normalizeName(name));
    }
  }
  const config =
    /^install_requires\s*=\s*((?:.*\n?)(?:[ \t]+.*\n?)*)/m.exec(tree.read('setup.cfg') ?? '')?.[1] ?? '';
  for (const line of config.split('\n')) {
    const name = requirementName(line.trim());
    if (name !== null) names.add(normalizeName(name));
  }
  return names;
}

export function uvPackage(pyproject: Record<string, Json>): boolean {
  const flag = record(record(pyproject.tool).uv).package;
  return typeof flag === 'boolean' ? flag : pyproject['build-system'] !== undefined;
}

export function hasPathSources(pyproject: Record<string, Json>): boolean {
  const tool = record(pyproject.tool);
  const sources = [
    ...Object.values(record(record(tool.uv).sources)),
    ...Object.values(record(record(tool.poetry).dependencies)),
  ].map(record);
  return (
    record(tool.uv).workspace !== undefined ||
    sources.some((source) => text(source.path) !== null || source.workspace === true) ||
    /@\s*file:/.test(strings(record(pyproject.project).dependencies).join('\n'))
  );
}

export function poetryWritten(dependencies: Record<string, Json>): string[] {
  return Object.entries(dependencies).flatMap(([name, value]) => {
    if (name === 'python') return [];
    if (typeof value === 'string') return [poetryRequirement(name, value, [])];
    const table = record(Array.isArray(value) ? (value[0] ?? null) : value);
    if (table.optional === true) return [];
    const git = text(table.git);
    if (git !== null)
      return [
        `${name} @ git+${git}${(text(table.rev) ?? text(table.branch) ?? text(table.tag)) ? `@${text(table.rev) ?? text(table.tag) ?? text(table.branch)}` : ''}`,
      ];
    return [poetryRequirement(name, text(table.version) ?? '*', strings(table.extras))];
  });
}
