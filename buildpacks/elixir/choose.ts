import { type Context, nothingToRun, PlanError } from '../buildpack.ts';
import type { Mix } from './mix.ts';

/** What serves HTTP without Phoenix. */
export const webLibraries = [
  'plug_cowboy',
  'bandit',
  'cowboy',
  'raxx',
  'ace',
  'elli',
  'maru',
  'sugar',
  'trot',
  'mochiweb',
  'thousand_island',
  'yaws',
];

/** Published on hex and not configured for production: made for others to use. */
export function isLibrary(ctx: Context, root: Mix): boolean {
  if (root.appsPath !== null) return false;
  const configured =
    root.releases.length > 0 ||
    ctx.tree.first(
      'config/runtime.exs',
      'config/prod.exs',
      'config/releases.exs',
      'rel/env.sh.eex',
      'Procfile',
    ) !== null;
  return root.mod === null || (root.published && !configured);
}

/** The application that is started. Throws PlanError for a library, an escript, firmware, several web apps. */
export function mainOf(ctx: Context, root: Mix, members: readonly Mix[]): Mix {
  const started = ctx.settings.start !== null || ctx.procfile.web !== undefined;
  if (root.deps.has('nerves'))
    throw nothingToRun(
      'This is firmware made with Nerves: it runs on devices, not on a server.',
      'Deploy it with mix firmware.',
      'mix.exs',
    );
  if (root.appsPath === null) {
    if (!isLibrary(ctx, root) || started) return root;
    throw nothingToRun(
      root.escript
        ? 'mix.exs builds an escript, a program for the command line: nothing runs for long.'
        : root.mod === null
          ? 'mix.exs names no application module (mod: …): this is a library, with nothing to run.'
          : 'mix.exs describes a package for hex: a library, with nothing to run by itself.',
      'Add mod: {MyApp.Application, []} to application/0, or start = "…" to landfall.toml.',
      ctx.at('mix.exs'),
    );
  }
  const named = [root.defaultRelease, ...root.releases]
    .map((name) => members.find((mix) => mix.app === name))
    .find((mix) => mix !== undefined);
  const phoenix = members.filter((mix) => mix.deps.has('phoenix') && mix.mod !== null);
  const web =
    phoenix.length > 0
      ? phoenix
      : members.filter((mix) => mix.mod !== null && webLibraries.some((name) => mix.deps.has(name)));
  const running = web.length > 0 ? web : members.filter((mix) => mix.mod !== null);
  const [first] = running;
  // One release holds all of an umbrella's apps.
  if (root.releases.length > 0 && first !== undefined) return named ?? first;
  if (first === undefined)
    throw nothingToRun(
      `None of the apps in ${root.appsPath}/ has an application module (mod: …).`,
      'Name the command with start = "…" in landfall.toml.',
      ctx.at('mix.exs'),
    );
  if (running.length > 1) {
    throw new PlanError(
      'ambiguous',
      'ambiguous',
      `This umbrella holds several apps: ${running.map((mix) => mix.dir).join(', ')}, and mix.exs names no release.`,
      'Add releases: to the root mix.exs, or choose one in landfall.toml.',
      {
        file: ctx.at('mix.exs'),
        candidates: running.map((mix) => ({
          stack: 'elixir' as const,
          score: 90,
          choose: `app = "${ctx.at(mix.dir)}"`,
        })),
      },
    );
  }
  return first;
}

/** The release that is made. Throws PlanError when there are several and none is the default. */
export function releaseName(ctx: Context, root: Mix, main: Mix): string {
  const names = root.releases.length > 0 ? root.releases : main.releases;
  const asked = /(?:^|\/)bin\/([\w-]+)/.exec(ctx.settings.start ?? ctx.procfile.web ?? '')?.[1];
  const wanted =
    names.find((name) => name === asked) ??
    root.defaultRelease ??
    names.find((name) => name === root.app) ??
    (names.length === 1 ? names[0] : undefined);
  if (wanted !== undefined) return wanted;
  if (names.length === 0) return main.app ?? 'app';
  throw new PlanError(
    'ambiguous',
    'ambiguous',
    `mix.exs describes several releases: ${names.join(', ')}.`,
    'Add default_release: to mix.exs, or choose one in landfall.toml.',
    {
      file: ctx.at('mix.exs'),
      candidates: names.map((name) => ({
        stack: 'elixir' as const,
        score: 90,
        choose: `start = "bin/${name} start"`,
      })),
    },
  );
}
