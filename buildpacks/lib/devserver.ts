/*
 * Programs that serve development: they watch, recompile, bind to localhost or say themselves not to be used in
 * production. A command that runs one is never a start command.
 */

/** Whatever follows them. */
const always = new Set(
  `nodemon ts-node-dev tsnd node-dev supervisor live-server browser-sync lite-server watchexec onchange esrun reflex modd entr
  watchfiles watchmedo air webpack-dev-server webpack-serve web-dev-server wds start-storybook guard rerun shotgun cargo-watch bacon`.split(
    /\s+/,
  ),
);

/** Programs that serve development unless their first word is one of these. */
const unless: Readonly<Record<string, RegExp>> = {
  vite: /^(?:build|preview|optimize)$/,
  'rolldown-vite': /^(?:build|preview|optimize)$/,
  next: /^(?:start|build|export|lint|info|telemetry)$/,
  nuxt: /^(?:start|build|generate|preview|prepare|analyze)$/,
  nuxi: /^(?:start|build|generate|preview|prepare|analyze)$/,
  vitepress: /^(?:build|preview|serve|init)$/,
  rsbuild: /^(?:build|preview|inspect)$/,
  parcel: /^build$/,
  slidev: /^(?:build|export)$/,
  gulp: /^(?:build|prod|production|dist|compile|release)/,
  grunt: /^(?:build|prod|production|dist|compile|release)/,
};

/** Programs that serve development when their first word is one of these. */
const when: readonly [RegExp, RegExp][] = [
  [
    /^(?:react-scripts|react-app-rewired|craco|rescripts|poi|umi|max|kkt|razzle|preact|expo|ember|stencil|brunch|elm-app|snowpack|taro|farm|docusaurus)$/,
    /^(?:start|dev|develop|serve|server|watch)$/,
  ],
  [/^(?:gatsby)$/, /^(?:develop|start)$/],
  [/^(?:vue-cli-service|ng|nx)$/, /^(?:serve|dev)$/],
  [
    /^(?:astro|remix|react-router|svelte-kit|wrangler|netlify|vercel|solid-start|vinxi|waku|keystone|tsup|sanity|strapi|medusa|payload|wasp|blitz|redwood|rw|partykit|sst|quasar|ionic|vuepress|nitropack|nitro|farrow|modern|encore|adonis|hydrogen|qwik|tsdx|father|dumi|ice|directus|egg-bin|midway-bin|sails|think-cli|fastapi|listhen|wmr|mintlify|turbo|lerna|storybook)$/,
    /^(?:dev|develop|development|watch|dev-server)$/,
  ],
  [
    /^(?:quasar|ionic|vuepress|adonis|wmr|hexo|eleventy|redwood|symfony|bridgetown|lektor|pelican|hugo|zola|mkdocs|mdbook|jekyll|middleman|nanoc|trunk|dx)$/,
    /^(?:dev|serve|server|server:start|s|live|start)$/,
  ],
  [/^(?:webpack|webpack-cli|rspack|rspack-cli)$/, /^(?:serve|server|dev|s)$/],
  [/^(?:cargo|dotnet|tsx|bun)$/, /^watch$/],
  [/^(?:django-admin)$/, /^runserver$/],
];

/** Whole commands. */
const commands: readonly RegExp[] = [
  /^(?:node|tsx|ts-node|bun|deno)\s(?:run\s)?(?:-\S+\s)*--(?:watch|hot)(?:[=\s-]|$)/,
  /^(?:eleventy|@11ty\/eleventy)\b.*--serve\b/,
  /^(?:rollup|tsc|webpack|tailwindcss|sass|esbuild|tsup|swc|babel|postcss|rspack|vite-node)\b.*\s(?:--watch|-w|-wc|-cw)(?:\s|$)/,
  /^esbuild\b.*--serve(?:dir)?\b/,
  /^nest start\b.*(?:--watch|--debug|-w)\b/,
  /^node ace(?:\.js)? serve\b/,
  /^strapi start --watch/,
  /manage\.py runserver\b/,
  /^flask\b.*\brun\b.*--(?:debug|reload)\b/,
  /^(?:uvicorn|hypercorn|gunicorn|litestar run|granian)\b.*\s--reload\b/,
  /^php artisan serve\b/,
  /^php\s(?:-\S+\s\S+\s)*-S\b/,
  /^bundle exec (?:jekyll|middleman|nanoc) (?:serve|server|s|live)\b/,
  /^(?:npm|pnpm|yarn|bun)(?: run)? (?:dev|develop|watch|start:dev|start-dev|serve:dev|dev:\S+|hot)(?:\s|$)/,
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
    const [program = '', ...words] = part.split(' ');
    if (/^(?:concurrently|run-p|npm-run-all|sh|bash|wait-on|start-server-and-test)$/.test(program)) {
      for (const match of part.matchAll(/"([^"]+)"|'([^']+)'/g)) {
        const found = devServer(match[1] ?? match[2] ?? '');
        if (found !== null) return found;
      }
    }
    const sub = words.find((word) => !word.startsWith('-')) ?? '';
    if (always.has(program)) return program;
    if (unless[program]?.test(sub) === false) return `${program} ${sub}`.trim();
    if (when.some(([programs, subs]) => programs.test(program) && subs.test(sub))) return `${program} ${sub}`;
    if (commands.some((pattern) => pattern.test(part))) return part;
  }
  return null;
}
