import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { type BaseImage, resolveBases } from '../../build/bases.ts';
import { Context } from '../../build/context.ts';
import { type PlanJson, plan, type Recipe } from '../../build/plan.ts';
import { sourceFromTar } from '../../build/source.ts';
import type { Builder, Engine } from '../../engine/engine.ts';
import { type DeployErrorCode, UserError } from '../../errors.ts';
import type { PushSource } from '../../git/pushes.ts';
import { deadline } from '../../loop.ts';
import type { Store } from '../../store/store.ts';
import type { Turns } from '../../turns.ts';
import type { App, Build, Health } from '../../types.ts';
import type { DeployLog } from '../log.ts';

export interface BuildParts {
  store: Store;
  engine: Engine;
  builder: Builder;
  /** One key for all: builds are bounded over the whole server. */
  slots: Turns;
  home: string;
  instance: string;
  bases: 'official' | 'local';
  /** Below this many free bytes no build begins. */
  minFreeBytes: number;
}

const buildSlot = 'build';
const buildMinutes = 15;
export const defaultBootSeconds = 60;

/** Plans the tree and makes its image, or finds the kept one of the same tree and settings. */
export async function buildStep(
  parts: BuildParts,
  job: { app: App; commit: string; source: PushSource; log: DeployLog },
  signal: AbortSignal,
): Promise<Build> {
  const { source, log } = job;
  await checkDisk(parts.engine, parts.minFreeBytes);
  const context = new Context(() => Readable.from(source.archive(signal), { objectMode: false }));
  const { json, recipe } = plan(await sourceFromTar(context.open()));
  if (!recipe) throw refusal(json);
  log.step('plan', describe(json));
  for (const warning of json.warnings) log.line(`  note: ${warning.message}`);
  const end = await takeSlot(parts, log, signal);
  const limit = deadline(buildMinutes * 60_000, tooLong(), signal);
  try {
    return await make(parts, { ...job, context, json, recipe }, limit.signal);
  } finally {
    limit.done();
    end();
  }
}

interface Job {
  app: App;
  commit: string;
  source: PushSource;
  log: DeployLog;
  context: Context;
  json: PlanJson;
  recipe: Recipe;
}

async function make(parts: BuildParts, job: Job, signal: AbortSignal): Promise<Build> {
  const { app, recipe, log } = job;
  const { builder, store } = parts;
  const bases = await resolveBases(recipe.images as BaseImage[], {
    builder,
    log: (line) => log.line(`  ${line}`),
    signal,
    home: parts.home,
    prefer: parts.bases,
  });
  const args = { ...recipe.args, ...bases.args };
  const key = buildKey(job.source.tree, recipe, args);
  const kept = store.builds.byKey(app.id, key);
  const facts = buildFacts(job);
  if (kept && (await builder.find(kept.image))) {
    log.step('build', 'kept: this tree was built before');
    return kept.commit === job.commit ? kept : store.builds.add({ ...facts, key, image: kept.image });
  }
  const result = await builder.build({
    context: () => Readable.from(job.context.withFiles(recipe.files, recipe.context), { objectMode: false }),
    dockerfile: recipe.dockerfile,
    args,
    secrets: bases.secrets,
    labels: { 'landfall.instance': parts.instance, 'landfall.role': 'image', 'landfall.app': app.id },
    target: recipe.target,
    tag: `${parts.instance}/${app.id}:${key.slice(0, 12)}`,
    log: (line) => log.line(`  ${line}`),
    signal,
  });
  log.step('build', `image of ${Math.round(result.sizeBytes / 1e6)} MB`);
  return store.builds.add({ ...facts, key, image: result.image });
}

function buildFacts({ app, commit, json, recipe }: Job): Omit<Build, 'id' | 'key' | 'image' | 'createdAt'> {
  const health: Health = {
    path: recipe.healthPath ?? '/',
    bootSeconds: recipe.bootSeconds ?? defaultBootSeconds,
  };
  const { dockerfile: _, ...kept } = json;
  return {
    appId: app.id,
    commit,
    plan: kept,
    processes: recipe.processes,
    port: recipe.port,
    health,
    confine: recipe.confine,
    needs: { variables: recipe.variables, formation: recipe.formation },
  };
}

/** What makes a build the same build: the tree, what we generated, and the bases it stands on. */
function buildKey(tree: string, recipe: Recipe, args: Record<string, string>): string {
  const parts = [
    tree,
    recipe.context,
    recipe.dockerfile,
    recipe.target,
    recipe.files,
    Object.entries(args).sort(),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

async function takeSlot(parts: BuildParts, log: DeployLog, signal: AbortSignal): Promise<() => void> {
  const ahead = parts.slots.ahead(buildSlot);
  if (ahead === 0) return await parts.slots.take(buildSlot, signal);
  log.line(`wait     ${ahead} ${ahead === 1 ? 'build is' : 'builds are'} before this one`);
  const end = await parts.slots.take(buildSlot, signal);
  log.step('wait', 'my turn to build');
  return end;
}

async function checkDisk(engine: Engine, minFreeBytes: number): Promise<void> {
  const { freeBytes, totalBytes } = await engine.disk();
  if (freeBytes >= minFreeBytes) return;
  const mb = (bytes: number): string => `${Math.round(bytes / 1048576)} MB`;
  throw new UserError(
    'disk-full',
    `The server's disk has ${mb(freeBytes)} of ${mb(totalBytes)} free; a build needs ${mb(minFreeBytes)}.`,
    'Make room on the server (landfall doctor says what takes it), then push again.',
  );
}

function tooLong(): UserError {
  return new UserError(
    'build-failed',
    `The build took longer than ${buildMinutes} minutes and was stopped.`,
    "Look at the last step above: it may wait for an answer or for a host that it can't reach.",
  );
}

/** The plan's refusal as a push tells it. */
function refusal(json: PlanJson): UserError {
  const said = json.error;
  const where = said?.file ? `${said.file}${said.line ? `:${said.line}` : ''}: ` : '';
  const text = said?.message ?? 'This repository is not understood.';
  const message = where !== '' && !text.startsWith(said?.file ?? ' ') ? `${where}${text}` : text;
  const hint = said?.hint ?? 'Run `landfall plan .` to see what was looked for.';
  if (json.outcome === 'ambiguous') {
    const choices = json.candidates.map((one) => `${one.stack}: ${one.choose}`).join('; ');
    return new UserError('ambiguous', message, choices === '' ? hint : `Add one line: ${choices}`);
  }
  if (json.outcome === 'invalid') return new UserError('invalid-manifest', message, hint);
  const code: DeployErrorCode = said?.code === 'no-start-command' ? 'no-start-command' : 'nothing-detected';
  return new UserError(code, message, hint);
}

function describe(json: PlanJson): string {
  const parts = [
    `${json.stack}${json.version ? ` ${json.version.value}` : ''}`,
    json.framework,
    json.packageManager,
    json.static ? 'served as files' : json.start,
  ];
  return parts.filter((part) => part !== null && part !== undefined && part !== '').join(' · ');
}
