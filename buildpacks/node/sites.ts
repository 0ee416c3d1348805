import type { Context } from '../buildpack.ts';
import { record, text } from '../lib/json.ts';
import { configTokens, normalize, stringOf } from './config.ts';
import { type Package, uses } from './package.ts';
import { type Shape, server, site } from './shape.ts';

export function press(name: string, pkg: Package, ctx: Context): Shape {
  const script = Object.values(pkg.scripts).find((one) => one.includes(`${name} build`)) ?? '';
  const named = new RegExp(`${name} build(?: +([\\w./-]+))?`).exec(script)?.[1];
  const folder = (
    named ??
    ['docs', 'doc', 'src', 'website'].find((one) => ctx.tree.hasFolder(`${one}/.${name}`)) ??
    ''
  ).replace(/^\.\/?|\/+$/g, '');
  const at = folder === '' ? '' : `${folder}/`;
  const tokens = configTokens(ctx, `${at}.${name}/config`) ?? configTokens(ctx, `${at}.${name}/config/index`);
  const out = stringOf(tokens, 'outDir');
  const output = out === null ? `${at}.${name}/dist` : normalize(`${at}${out}`);
  return site(name, script === '' ? `${name} build ${folder}`.trim() : script, output);
}

export function eleventy(_pkg: Package, ctx: Context): Shape {
  const tokens = configTokens(ctx, '.eleventy') ?? configTokens(ctx, 'eleventy.config');
  let output = stringOf(tokens, 'output');
  const set = tokens?.findIndex((token) => token.text === 'setOutputDirectory') ?? -1;
  if (set >= 0) output = tokens?.[set + 2]?.text ?? output;
  const flag = /--output[= ]([\w./-]+)/.exec(Object.values(_pkg.scripts).join('\n'))?.[1];
  return site('eleventy', 'eleventy', normalize(flag ?? output ?? '_site'));
}

export function angular(pkg: Package, ctx: Context): Shape | null {
  const workspace = record(ctx.tree.json('angular.json') ?? {});
  const projects = Object.entries(record(workspace.projects)).filter(
    ([name, project]) => record(project).projectType !== 'library' && !name.endsWith('-e2e'),
  );
  const named = text(workspace.defaultProject);
  const [name, project] = projects.find(([one]) => one === named) ?? projects[0] ?? [];
  if (name === undefined) return ctx.tree.has('angular.json') ? null : null;
  const targets = record(record(project).architect ?? record(project).targets);
  const build = record(targets.build);
  const options = record(build.options);
  const builder = text(build.builder) ?? '';
  const path =
    typeof options.outputPath === 'string'
      ? options.outputPath
      : (text(record(options.outputPath).base) ?? `dist/${name}`);
  const modern = /:application$/.test(builder);
  const browser = text(record(options.outputPath).browser) ?? 'browser';
  const base = normalize(path);
  const rendered = options.server !== undefined || targets.server !== undefined;
  if (
    rendered &&
    (modern
      ? text(options.outputMode) !== 'static' && options.ssr !== undefined && options.ssr !== false
      : uses(pkg, '@nguniversal/express-engine', '@angular/ssr'))
  ) {
    const entry = modern ? `${base}/server/server.mjs` : `dist/${name}/server/main.js`;
    return server('angular', 'ng build', `node ${entry}`, { own: /^ng serve\b|serve:ssr/ });
  }
  return site('angular', `ng build`, modern ? normalize(`${base}/${browser}`) : base, true, {
    NG_CLI_ANALYTICS: 'false',
  });
}
