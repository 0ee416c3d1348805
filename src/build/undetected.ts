import { type Context, PlanError } from '../../buildpacks/buildpack.ts';

/** Nothing speaks for any stack: says what was looked for and what was seen. */
export function nothing(ctx: Context): PlanError {
  const where = ctx.dir === '' ? 'the repository' : `${ctx.dir}/`;
  if (ctx.tree.all.length === 0)
    return new PlanError(
      'unsupported',
      'nothing-detected',
      `There is no file in ${where}.`,
      'Commit the files of the app and push again.',
    );
  const names = ctx.tree.in('').slice(0, 12);
  const folders = [
    ...new Set(ctx.tree.all.filter((path) => path.includes('/')).map((path) => `${path.split('/')[0]}/`)),
  ].slice(0, 8);
  return new PlanError(
    'unsupported',
    'nothing-detected',
    `Nothing in ${where} says how to run it. Looked for: Dockerfile, Procfile, package.json, requirements.txt, pyproject.toml, go.mod, Cargo.toml, pom.xml, Gemfile, composer.json, index.html, start.sh. Seen: ${[...names, ...folders].join(', ')}.`,
    'Add a Dockerfile or a Procfile, or name the folder of the app with app = "…" in landfall.toml.',
  );
}
