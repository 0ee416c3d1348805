import {
  type Buildpack,
  type Candidate,
  type Context,
  type Detection,
  type Evidence,
  evidence,
  PlanError,
  type Stack,
  type Warning,
} from '../../buildpacks/buildpack.ts';
import { detectForeign } from '../../buildpacks/foreign.ts';
import { buildpacks } from '../../buildpacks/index.ts';
import { depth, Tree } from '../../buildpacks/lib/tree.ts';
import { parseProcfile } from './procfile.ts';
import { type AppSettings, settingsFile } from './settings.ts';
import { spoken } from './spoken.ts';
import { nothing } from './undetected.ts';

/** From this score on a stack can be the app by itself. */
const enough = 45;
/** Two stacks nearer than this cannot be told apart. */
const margin = 15;

export interface Choice {
  buildpack: Buildpack;
  ctx: Context;
  evidence: Evidence[];
  candidates: Candidate[];
  warnings: Warning[];
}

interface Scored {
  /** null: a language without a buildpack. */
  buildpack: Buildpack | null;
  name: string;
  detection: Detection;
  score: number;
  /** Its manifest is broken, or it holds several apps: said when it is what the repository is. */
  error?: PlanError;
}

const handled: ReadonlySet<Stack> = new Set(buildpacks.map((buildpack) => buildpack.stack));

export function contextOf(
  repo: Tree,
  settings: AppSettings,
  dir: string,
  procfile: Readonly<Record<string, string>>,
): Context {
  const tree = dir === '' ? repo : Tree.of(repo.source, dir);
  return {
    tree,
    repo,
    dir,
    settings,
    procfile,
    at: (path) => (dir === '' ? path : path === '' ? dir : `${dir}/${path}`),
  };
}

/** The stack that the settings name. */
export function forced(ctx: Context, stack: Stack): Choice {
  if (stack === 'nixpacks') throw noNixpacks();
  const buildpack = buildpacks.find((one) => one.stack === stack);
  if (buildpack === undefined) {
    throw new PlanError(
      'unsupported',
      'nothing-detected',
      `There is no buildpack for ${stack} yet.`,
      'Add a Dockerfile.',
      { file: settingsFile },
    );
  }
  const detection = buildpack.detect(ctx);
  return {
    buildpack,
    ctx,
    evidence: [
      { file: settingsFile, key: 'stack', value: stack, weight: 100 },
      ...(detection?.evidence ?? []),
    ],
    candidates: [candidate(stack, 100)],
    warnings: [],
  };
}

/** Planning runs no programs: who has nixpacks puts its plan in the place of this. */
function noNixpacks(): PlanError {
  return new PlanError(
    'unsupported',
    'nothing-detected',
    'stack = "nixpacks" is set, and the program nixpacks, which would plan this app, is not at hand or found nothing.',
    'Get it with: cargo install nixpacks. For a server, commit what it writes: nixpacks build . --out . and dockerfile = ".nixpacks/Dockerfile" in landfall.toml.',
    { file: settingsFile },
  );
}

/** The main stack of the app's folder by its evidence. Throws PlanError when there is none, or more than one. */
export function choose(
  repo: Tree,
  settings: AppSettings,
  procfile: Readonly<Record<string, string>>,
): Choice {
  const ctx = contextOf(repo, settings, settings.app, procfile);
  const scored = score(ctx);
  const best = scored[0];
  if (best === undefined || best.score < enough) {
    const below = fromFolders(repo, ctx, settings, best);
    if (below !== null) return below;
    if (best === undefined) throw nothing(ctx);
  }
  return settle(ctx, scored, best);
}

function settle(ctx: Context, scored: readonly Scored[], best: Scored): Choice {
  const candidates = scored.flatMap((one) =>
    one.buildpack === null ? [] : [candidate(one.buildpack.stack, one.score)],
  );
  const near = scored.filter(
    (one) => one === best || (one.score >= enough && best.score - one.score < margin),
  );
  if (best.error !== undefined) throw best.error;
  if (best.buildpack === null) throw foreign(best, candidates);
  const rivals = near.filter((one) => one !== best && one.error?.outcome !== 'invalid');
  const said = rivals.length === 0 ? null : spoken(ctx);
  const named = near.find((one) => one.error === undefined && one.name === said?.stack);
  if (said !== null && named !== undefined && named.buildpack !== null) {
    const others = candidates.filter((one) => one.stack !== said.stack);
    return {
      buildpack: named.buildpack,
      ctx,
      evidence: [...named.detection.evidence, evidence(said.file, 'start', said.command, margin)],
      candidates: [candidate(said.stack, named.score), ...others],
      warnings: [],
    };
  }
  if (rivals.length > 0) {
    const names = near.map((one) => `${one.name} (${one.score})`).join(' and ');
    throw new PlanError(
      'ambiguous',
      'ambiguous',
      `Here is more than one app: ${names}, with about the same evidence.`,
      `Choose one in landfall.toml: ${candidate(best.buildpack.stack, 0).choose}`,
      {
        candidates: candidates.slice(0, near.length),
      },
    );
  }
  return { buildpack: best.buildpack, ctx, evidence: best.detection.evidence, candidates, warnings: [] };
}

/** All stacks that something speaks for, the strongest first. Files and tools step back before a server of another stack. */
function score(ctx: Context): Scored[] {
  const found: Scored[] = [];
  for (const buildpack of buildpacks) {
    try {
      const detection = buildpack.detect(ctx);
      if (detection !== null)
        found.push({ buildpack, name: buildpack.stack, detection, score: sum(detection) });
    } catch (error) {
      if (!(error instanceof PlanError)) throw error;
      found.push(failed(buildpack, error));
    }
  }
  for (const detection of detectForeign(ctx, handled)) {
    found.push({ buildpack: null, name: detection.language, detection, score: sum(detection) });
  }
  const served = found.some((one) => one.detection.role === 'server' && one.score >= enough);
  for (const one of found)
    if (served && one.detection.role !== 'server') one.score = Math.min(one.score, enough - margin);
  // On equal scores the order of the list would decide, so the name does: the margin rule refuses both anyway.
  return found.sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1));
}

/** A stack that cannot be read. A broken manifest may only be a helper's, so it does not push others back. */
function failed(buildpack: Buildpack, error: PlanError): Scored {
  const value = error.outcome === 'invalid' ? 50 : 90;
  const reason = { file: error.file ?? '.', key: error.outcome, value: error.code, weight: value };
  const role = error.outcome === 'invalid' ? 'tools' : 'server';
  return { buildpack, name: buildpack.stack, detection: { role, evidence: [reason] }, score: value, error };
}

function sum(detection: Detection): number {
  const total = detection.evidence.reduce((all, one) => all + one.weight, 0);
  return Math.max(1, Math.min(100, total));
}

const manifests =
  /^(package\.json|requirements\.txt|pyproject\.toml|Pipfile|manage\.py|setup\.py|go\.mod|Cargo\.toml|pom\.xml|build\.gradle(\.kts)?|Gemfile|composer\.json|mix\.exs|deno\.jsonc?|.*\.(cs|fs|vb)proj|.*\.slnx?|rebar\.config|Dockerfile|index\.(html|php)|build\.sbt|(hugo|zola|book)\.toml|hugo\.ya?ml|mkdocs\.ya?ml|_config\.yml)$/;

/** More apps than this in one repository are not looked at: naming one is due anyway. */
const mostFolders = 100;

function nearest(a: string, b: string): number {
  return depth(a) - depth(b) || (a < b ? -1 : 1);
}

/** The root holds no app: the folders below it, two deep. One app among them is taken, several are ambiguous. */
function fromFolders(
  repo: Tree,
  ctx: Context,
  settings: AppSettings,
  best: Scored | undefined,
): Choice | null {
  const dirs = new Set<string>();
  for (const path of ctx.tree.files) {
    const parts = path.split('/');
    if (parts.length > 1 && parts.length <= 3 && manifests.test(parts.at(-1) ?? ''))
      dirs.add(parts.slice(0, -1).join('/'));
  }
  const choices: Choice[] = [];
  const failures: PlanError[] = [];
  for (const dir of [...dirs].sort(nearest).slice(0, mostFolders)) {
    if (choices.some((one) => dir.startsWith(`${one.ctx.dir}/`))) continue;
    const full = ctx.at(dir);
    const inner = contextOf(
      repo,
      settings,
      full,
      parseProcfile(repo.read(`${full}/Procfile`) ?? '').processes,
    );
    try {
      const scored = score(inner);
      const top = scored[0];
      if (top !== undefined && top.buildpack !== null && top.score > enough)
        choices.push(settle(inner, scored, top));
    } catch (error) {
      if (!(error instanceof PlanError)) throw error;
      failures.push(error);
    }
  }
  const [only] = choices;
  if (only === undefined) {
    if (failures[0] !== undefined && best === undefined) throw failures[0];
    return null;
  }
  // Sources of a language without buildpack in the root are the app; what lies below is its web page or tooling.
  if (
    best !== undefined &&
    best.buildpack === null &&
    best.detection.evidence.some((one) => one.key === 'manifest')
  )
    return null;
  if (choices.length > 1) {
    const list = choices.map((one) => `${one.ctx.dir}/ (${one.buildpack.stack})`).join(', ');
    throw new PlanError(
      'ambiguous',
      'ambiguous',
      `The root holds no app, but several folders do: ${list}.`,
      `Choose one in landfall.toml: app = "${only.ctx.dir}"`,
      {
        candidates: choices.map((one) => ({
          stack: one.buildpack.stack,
          score: one.candidates[0]?.score ?? enough,
          choose: `app = "${one.ctx.dir}"`,
        })),
      },
    );
  }
  const warnings = [
    {
      code: 'app-in-folder',
      message: `The only app lies in ${only.ctx.dir}/. To say so: app = "${only.ctx.dir}" in landfall.toml.`,
    },
  ];
  return {
    ...only,
    evidence: only.evidence.map((one) => ({
      ...one,
      file: one.file.startsWith(`${only.ctx.dir}/`) ? one.file : `${only.ctx.dir}/${one.file}`,
    })),
    warnings,
  };
}

function foreign(best: Scored, candidates: Candidate[]): PlanError {
  const seen = best.detection.evidence.map((one) => `${one.file} (${one.value})`).join(', ');
  return new PlanError(
    'unsupported',
    'nothing-detected',
    `This looks like ${best.name}, which Landfall cannot build by itself. Seen: ${seen}.`,
    'Add a Dockerfile (nixpacks build . --out . may write one), or choose another stack with stack = "…" in landfall.toml.',
    {
      candidates,
    },
  );
}

function candidate(stack: Stack, score: number): Candidate {
  return { stack, score, choose: `stack = "${stack}"` };
}
