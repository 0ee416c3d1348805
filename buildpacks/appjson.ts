import { PlanError, type Warning } from './buildpack.ts';
import { type Json, record, strings, text } from './lib/json.ts';
import type { Tree } from './lib/tree.ts';

/** A variable that Heroku's app.json names. */
export interface AppVariable {
  name: string;
  /** Its default; null: none. */
  value: string | null;
  required: boolean;
  /** It is to be made up: a long random text. */
  generate: boolean;
  description: string | null;
}

export interface AppJson {
  variables: AppVariable[];
  /** Process → how many of it. */
  formation: Record<string, number>;
  warnings: Warning[];
}

const keys = [
  'env',
  'formation',
  'scripts',
  'buildpacks',
  'addons',
  'environments',
  'image',
  'stack',
  'success_url',
];

/**
 * Heroku's app.json of the app's folder. Other tools use the same name (Expo, React Native), so a file without any of
 * Heroku's keys says nothing, and a bad file is only a warning.
 */
export function readAppJson(tree: Tree): AppJson {
  const none: AppJson = { variables: [], formation: {}, warnings: [] };
  if (!tree.has('app.json') || tree.read('app.json') === null) return none;
  let value: Json;
  try {
    value = tree.json('app.json') ?? {};
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    return {
      ...none,
      warnings: [{ code: 'app-json-unreadable', message: `${error.message} It is not used.` }],
    };
  }
  const table = record(value);
  if (!keys.some((key) => table[key] !== undefined) || table.expo !== undefined) return none;
  const variables = Object.entries(record(table.env)).flatMap(([name, one]) =>
    /^\w+$/.test(name) ? [variable(name, one)] : [],
  );
  const formation: Record<string, number> = {};
  for (const [name, one] of Object.entries(record(table.formation))) {
    const quantity = typeof one === 'number' ? one : record(one).quantity;
    if (typeof quantity === 'number' && Number.isInteger(quantity) && quantity >= 0)
      formation[name] = quantity;
  }
  return { variables, formation, warnings: warningsOf(table, variables, formation) };
}

function variable(name: string, one: Json): AppVariable {
  if (typeof one !== 'object' || one === null) {
    return {
      name,
      value: one === null || one === '' ? null : String(one),
      required: false,
      generate: false,
      description: null,
    };
  }
  const facts = record(one);
  const value =
    text(facts.value) ??
    (typeof facts.value === 'number' || typeof facts.value === 'boolean' ? String(facts.value) : null);
  return {
    name,
    value,
    required: facts.required !== false,
    generate: facts.generator === 'secret',
    description: text(facts.description),
  };
}

function warningsOf(
  table: Record<string, Json>,
  variables: readonly AppVariable[],
  formation: Readonly<Record<string, number>>,
): Warning[] {
  const warnings: Warning[] = [];
  const needed = variables
    .filter((one) => one.required && one.value === null && !one.generate)
    .map((one) => one.name);
  if (needed.length > 0)
    warnings.push({
      code: 'needs-variable',
      message: `app.json requires ${needed.join(', ')}: set ${needed.length === 1 ? 'it' : 'them'} before the first push.`,
    });
  const made = variables.filter((one) => one.generate).map((one) => one.name);
  if (made.length > 0)
    warnings.push({
      code: 'needs-variable',
      message: `app.json asks for a random ${made.join(', ')}: set ${made.length === 1 ? 'it' : 'each'} to the output of openssl rand -hex 32.`,
    });
  const scaled = Object.entries(formation).filter(([, quantity]) => quantity !== 1);
  if (scaled.length > 0)
    warnings.push({
      code: 'app-json-formation',
      message: `app.json wants ${scaled.map(([name, quantity]) => `${name}=${quantity}`).join(' ')}: scale the app to that.`,
    });
  const after =
    text(record(table.scripts).postdeploy) ?? text(record(record(table.scripts).postdeploy).command);
  if (after !== null)
    warnings.push({
      code: 'app-json-postdeploy',
      message: `app.json runs "${after}" once, after the first deploy: run it by hand in the app. What belongs to every deploy goes into the Procfile: release: …`,
    });
  const packs = (Array.isArray(table.buildpacks) ? table.buildpacks : []).map(
    (one) => text(record(one).url) ?? text(one) ?? '?',
  );
  if (packs.length > 0)
    warnings.push({
      code: 'app-json-buildpacks',
      message: `The buildpacks of app.json (${packs.join(', ')}) are not used: Landfall decides by the sources.`,
    });
  const addons = (Array.isArray(table.addons) ? table.addons : []).map(
    (one) => text(record(one).plan) ?? strings(one)[0] ?? '?',
  );
  if (addons.length > 0)
    warnings.push({
      code: 'app-json-addons',
      message: `app.json asks for ${addons.join(', ')}: give the app their addresses as variables.`,
    });
  return warnings;
}
