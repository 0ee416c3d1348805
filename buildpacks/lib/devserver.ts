/**
 * Programs that serve development: they watch, recompile, bind to localhost or say themselves not to be used in
 * production. A command that runs one is never a start command.
 */
const programs: readonly [RegExp, string][] = [
  [
    /^(nodemon|ts-node-dev|tsnd|node-dev|supervisor|live-server|browser-sync|lite-server|watchexec|onchange|esrun|reflex|modd|entr|watchfiles|watchmedo)$/,
    '$1',
  ],
  [/^(air)$/, 'air'],
  [
    /^(react-scripts|react-app-rewired|craco|rescripts|poi|umi|max|kkt|razzle|preact|gatsby|docusaurus|expo|ember|stencil|brunch|elm-app|web-dev-server|wds|snowpack|taro|farm) (start|dev|develop|serve|watch|server)\b/,
    '$1 $2',
  ],
  [/^(start-storybook|storybook dev)\b/, 'storybook'],
  [/^(vite|vite-node --watch|rolldown-vite)(?! (build|preview|optimize))\b/, 'vite'],
  [/^(vue-cli-service|ng|nx) (serve|dev)\b/, '$1 $2'],
  [
    /^(next|nuxt|nuxi|astro|remix|react-router|svelte-kit|wrangler|netlify|vercel|solid-start|vinxi|waku|keystone|tsup|sanity|contentlayer|strapi|medusa|payload|wasp|blitz|redwood|rw|directus|partykit|sst|quasar|ionic|vitepress|vuepress|nitropack|nitro|nitropack|farrow|modern|rsbuild|rspack|rsbuild|eleventy|hexo|encore|adonis|shopify hydrogen|hydrogen|qwik|tsdx|father|dumi|ice|micro-dev|h3|listhen|wmr|slidev|mintlify) (dev|develop|develope?r?|development|watch|start --dev|server|serve|dev-server)\b/,
    '$1 $2',
  ],
  [/^(vitepress|vuepress|nuxt|astro|rsbuild|parcel|slidev)$/, '$1'],
  [/^(parcel)(?: (?!build\b)(serve|watch|[\w./*-]+\.html)\b)/, 'parcel'],
  [/^(parcel) (?!build\b)\S*(\.html|src|index)\b/, 'parcel'],
  [/^(webpack-dev-server|webpack-serve)\b/, '$1'],
  [/^(webpack|rspack|rspack-cli) (serve|server|dev|s)\b/, '$1 $2'],
  [/^(eleventy|@11ty\/eleventy) .*--serve\b/, 'eleventy --serve'],
  [
    /^(rollup|tsc|webpack|tailwindcss|sass|esbuild|tsup|swc|babel|postcss|parcel|gulp|grunt) .*(--watch|-w|-wc|-cw)\b/,
    '$1 --watch',
  ],
  [/^(gulp|grunt)(?: (serve|watch|dev|server|default))?$/, '$1'],
  [/^(esbuild) .*--serve(dir)?\b/, 'esbuild --serve'],
  [/^(node|tsx|ts-node|bun|deno run) (?:.*\s)?(--watch|--hot|watch)(?:\s|$|=)/, '$1 $2'],
  [/^(tsx) watch\b/, 'tsx watch'],
  [/^(bun) (?:run )?(--hot|--watch)/, 'bun $2'],
  [
    /^(nest|egg-bin|midway-bin|mwtsc|adonis|node ace|node ace\.js|sails|feathers|think-cli) (start --watch|start:dev|start --debug|serve --watch|serve --hmr|dev|serve)\b/,
    '$1 $2',
  ],
  [/^(flask)(?: .*)? run\b.*--(debug|reload)\b/, 'flask run --debug'],
  [/^(python3?|django-admin|\.\/) ?(?:\.\/)?(?:\S*\/)?manage\.py runserver\b/, 'manage.py runserver'],
  [/^\S*manage\.py runserver\b/, 'manage.py runserver'],
  [/^(django-admin) runserver\b/, 'django-admin runserver'],
  [/^(fastapi) dev\b/, 'fastapi dev'],
  [/^(uvicorn|hypercorn|gunicorn|litestar run)\b.*--reload\b/, '$1 --reload'],
  [/^(php) artisan serve\b/, 'php artisan serve'],
  [/^(php) -S\b/, 'php -S'],
  [/^(symfony) (server:start|serve)\b/, 'symfony serve'],
  [
    /^(jekyll|bundle exec jekyll|middleman|bundle exec middleman|nanoc|bundle exec nanoc) (serve|server|s|live)\b/,
    '$1 $2',
  ],
  [/^(hugo|zola|mkdocs|mdbook|bridgetown|lektor|pelican) (server|serve|start)\b/, '$1 $2'],
  [/^(guard|rerun|shotgun)\b/, '$1'],
  [/^(cargo watch|cargo-watch|bacon|trunk serve|dx serve|dotnet watch)\b/, '$1'],
];

/** Words before a program that change nothing about what runs. */
const wrappers =
  /^(?:(?:cross-env(?:-shell)?|env|npx|pnpx|bunx|exec|dotenv|dotenvx run|env-cmd|pnpm exec|pnpm dlx|yarn exec|yarn dlx|yarn run|npm exec|bun x|bun --bun|uv run|poetry run|pipenv run|pdm run|hatch run|nodejs|sudo|time|doppler run|op run|infisical run|with-env|dotenv-flow|node -r dotenv\/config|DEBUG=\S*)(?=\s)|[A-Za-z_]\w*=(?:"[^"]*"|'[^']*'|\S*)|(?:-[yqf]+|--yes|--silent|--no-install|--bun|--|-e\s+\S+|-f\s+\S+|-p\s+\S+))\s+/;

/** The parts of a command line that run one after the other or at once, without wrappers, paths and quotes around. */
export function commandParts(command: string): string[] {
  return command
    .split(/\s*(?:&&|\|\||;|\||(?<![&>])&(?!&|>))\s*/)
    .map((part) => {
      let rest = part.trim().replace(/^\(|\)$/g, '');
      for (let shorter = rest.replace(wrappers, ''); shorter !== rest; shorter = rest.replace(wrappers, ''))
        rest = shorter;
      return rest
        .replace(/^(?:\.\/)?(?:node\s+)?(?:\.{0,2}\/)*node_modules\/(?:\.bin\/)?(?:(?:nodemon)\/bin\/)?/, '')
        .replace(/\s+/g, ' ');
    })
    .filter((part) => part !== '');
}

/** The development server that a command line runs; null when it runs none. Scripts of package.json must be resolved first. */
export function devServer(command: string): string | null {
  for (const part of commandParts(command)) {
    const inner = /^(?:concurrently|run-p|npm-run-all|sh -c|bash -c|wait-on|start-server-and-test)\b/.test(
      part,
    )
      ? [...part.matchAll(/"([^"]+)"|'([^']+)'/g)].map((match) => match[1] ?? match[2] ?? '')
      : [];
    for (const one of inner) {
      const found = devServer(one);
      if (found !== null) return found;
    }
    const name = part.split(' ')[0] ?? '';
    for (const [pattern, label] of programs) {
      const match = pattern.exec(pattern.source.endsWith(')$') ? name : part) ?? pattern.exec(part);
      if (match !== null)
        return label.replace(/\$(\d)/g, (_, group: string) => match[Number(group)] ?? '').trim();
    }
    if (
      /^(npm|pnpm|yarn|bun)( run)? (dev|develop|watch|start:dev|start-dev|serve:dev|dev:\S+|hot)\b/.test(part)
    )
      return part;
  }
  return null;
}
