import { describe, expect } from 'vitest';
import { planned } from '../support/planning.ts';

const listens = "require('express')().listen(3000)";
const express = { express: '^4.19.0' };

describe('what a Node server starts with', () => {
  planned([
    [
      'is its start script',
      { 'package.json': { scripts: { start: 'node ./bin/www' }, dependencies: express }, 'bin/www': listens },
      { stack: 'node', framework: 'express', start: 'node ./bin/www' },
    ],
    [
      'is its main file, without a start script',
      { 'package.json': { main: 'lib/web.js', dependencies: express }, 'lib/web.js': listens },
      { stack: 'node', start: 'node lib/web.js' },
    ],
    [
      'is server.js, without a start script or main',
      { 'package.json': { dependencies: express }, 'server.js': listens, 'index.js': 'module.exports = {}' },
      { start: 'node server.js' },
    ],
    [
      'is the file that listens, not the first name',
      {
        'package.json': { main: 'index.js', dependencies: express },
        'index.js': 'exports.x = 1',
        'app.js': listens,
      },
      { start: 'node app.js' },
    ],
    [
      'is server.js, without a package.json',
      { 'server.js': "require('http').createServer().listen(1)" },
      { stack: 'node', start: 'node server.js' },
    ],
    [
      'is never nodemon',
      {
        'package.json': { scripts: { start: 'nodemon server' }, dependencies: express },
        'server.js': listens,
      },
      { start: 'node server.js', warned: ['no-lock-file', 'development-server'] },
    ],
    [
      'is never nodemon, however it is wrapped',
      {
        'package.json': {
          scripts: {
            start: 'npm run serve',
            serve: 'cross-env NODE_ENV=development npx nodemon -r dotenv/config src/index.js',
          },
          dependencies: express,
        },
        'src/index.js': listens,
      },
      { start: 'node src/index.js' },
    ],
    [
      'is never node --watch',
      {
        'package.json': { scripts: { start: 'node --watch server.js' }, dependencies: express },
        'server.js': listens,
      },
      { start: 'node server.js' },
    ],
    [
      'is start:prod where start is for development',
      {
        'package.json': {
          scripts: { start: 'ts-node-dev src/main.ts', build: 'tsc', 'start:prod': 'node dist/main.js' },
          dependencies: express,
        },
      },
      { start: 'node dist/main.js' },
    ],
    [
      'is the compiled file, where nodemon runs the TypeScript',
      {
        'package.json': {
          scripts: { start: 'nodemon --exec ts-node src/index.ts', build: 'tsc' },
          dependencies: express,
          devDependencies: { typescript: '5' },
        },
        'tsconfig.json': '{"compilerOptions":{"outDir":"build"}}',
        'src/index.ts': "import e from 'express'; e().listen(1)",
      },
      { start: 'node build/index.js' },
    ],
    [
      'is tsx, where nothing compiles',
      {
        'package.json': { scripts: { start: 'tsx src/index.ts' }, dependencies: { ...express, tsx: '4' } },
        'src/index.ts': "import e from 'express'; e().listen(1)",
      },
      { start: 'tsx src/index.ts' },
    ],
    [
      'leaves out the steps that only build',
      {
        'package.json': {
          scripts: { start: 'npm run build && node dist/app.js', build: 'tsc' },
          dependencies: express,
        },
      },
      { start: 'node dist/app.js' },
    ],
    [
      'keeps the steps that migrate',
      {
        'package.json': {
          scripts: { start: 'prisma migrate deploy && node dist/app.js', build: 'tsc' },
          dependencies: express,
        },
      },
      { start: 'prisma migrate deploy && node dist/app.js' },
    ],
    [
      'goes through the scripts that it names',
      {
        'package.json': {
          scripts: {
            start: 'yarn serve',
            serve: 'yarn run -s boot --',
            boot: 'NODE_ENV=production node app',
          },
          dependencies: express,
        },
      },
      { start: 'NODE_ENV=production node app' },
    ],
    [
      'frees a fixed port',
      {
        'package.json': { scripts: { start: 'PORT=3000 node app.js' }, dependencies: express },
        'app.js': listens,
      },
      { start: 'node app.js', warned: ['fixed-port'] },
    ],
    [
      'is the Procfile’s web line',
      {
        Procfile: 'web: node cluster.js\nworker: node jobs.js\n',
        'package.json': { scripts: { start: 'node x.js' }, dependencies: express },
      },
      { start: 'node cluster.js', processes: { web: 'node cluster.js', worker: 'node jobs.js' } },
    ],
    [
      'is not the Procfile’s web line where that serves development',
      {
        Procfile: 'web: npm run dev\n',
        'package.json': { scripts: { dev: 'nodemon app.js', start: 'node app.js' }, dependencies: express },
        'app.js': listens,
      },
      { start: 'node app.js' },
    ],
    [
      'is what landfall.toml says',
      {
        'landfall.toml': 'start = "node other.js"\n',
        Procfile: 'web: node x.js',
        'package.json': { scripts: { start: 'node y.js' }, dependencies: express },
      },
      { start: 'node other.js' },
    ],
    [
      'is pm2-runtime for pm2',
      {
        'package.json': {
          scripts: { start: 'pm2 start ecosystem.config.js' },
          dependencies: { ...express, pm2: '5' },
        },
      },
      { start: 'pm2-runtime ecosystem.config.js' },
    ],
    [
      'is a bot, which listens to nothing',
      {
        'package.json': { main: 'bot.js', dependencies: { 'discord.js': '14' } },
        'bot.js':
          "const { Client } = require('discord.js'); const client = new Client({}); client.login(process.env.TOKEN)",
      },
      { stack: 'node', framework: 'discord.js', start: 'node bot.js' },
    ],
    [
      'is the API beside a Vite front end in the same package',
      {
        'package.json': {
          scripts: {
            dev: 'concurrently "vite" "nodemon server/index.js"',
            build: 'vite build',
            start: 'node server/index.js',
          },
          dependencies: express,
          devDependencies: { vite: '5' },
        },
        'index.html': '',
        'server/index.js': listens,
      },
      { static: false, start: 'node server/index.js' },
    ],
  ]);
});

describe('frameworks that render', () => {
  planned([
    [
      'Next runs its standalone server',
      {
        'package.json': {
          scripts: { build: 'next build', start: 'next start', dev: 'next dev' },
          dependencies: { next: '15.1.0' },
        },
      },
      { framework: 'next', static: false, start: 'node server.js' },
    ],
    [
      'Next without a start script runs all the same',
      { 'package.json': { scripts: { dev: 'next dev' }, dependencies: { next: '^14' } } },
      { framework: 'next', start: 'node server.js' },
    ],
    [
      'Next with dev as start runs all the same',
      { 'package.json': { scripts: { start: 'next dev -p 3000' }, dependencies: { next: '^14' } } },
      { framework: 'next', start: 'node server.js' },
    ],
    [
      'Next with a server of its own runs that',
      {
        'package.json': {
          scripts: { build: 'next build', start: 'NODE_ENV=production node server.js' },
          dependencies: { next: '14', express: '4' },
        },
        'server.js': listens,
      },
      { framework: 'next', start: 'NODE_ENV=production node server.js' },
    ],
    [
      'Next with output export is files',
      {
        'package.json': { scripts: { build: 'next build' }, dependencies: { next: '15' } },
        'next.config.js':
          '/** output: "standalone" */\nconst nextConfig = {\n  output: `export`,\n}\nmodule.exports = nextConfig',
      },
      { framework: 'next', static: true, start: null },
    ],
    [
      'Next with output export in production only is files',
      {
        'package.json': { dependencies: { next: '15' } },
        'next.config.ts':
          "const isProd = process.env.NODE_ENV === 'production'\nexport default { output: isProd ? 'export' : undefined } satisfies NextConfig",
      },
      { static: true },
    ],
    [
      'Next with export in a comment is a server',
      {
        'package.json': { dependencies: { next: '15' } },
        'next.config.mjs': "export default {\n  // output: 'export',\n}",
      },
      { static: false, start: 'node server.js' },
    ],
    [
      'Nuxt ships its output',
      {
        'package.json': { scripts: { build: 'nuxt build' }, dependencies: { nuxt: '^3.13' } },
        'nuxt.config.ts': 'export default defineNuxtConfig({})',
      },
      { framework: 'nuxt', start: 'node .output/server/index.mjs' },
    ],
    [
      'Nuxt that generates is files',
      { 'package.json': { scripts: { build: 'nuxt generate' }, devDependencies: { nuxt: '^3.13' } } },
      { framework: 'nuxt', static: true },
    ],
    [
      'Nuxt without server rendering is files',
      {
        'package.json': { scripts: { build: 'nuxt build' }, dependencies: { nuxt: '3' } },
        'nuxt.config.ts': 'export default defineNuxtConfig({ ssr: false })',
      },
      { static: true },
    ],
    [
      'Remix serves',
      {
        'package.json': {
          scripts: { build: 'remix vite:build', start: 'remix-serve ./build/server/index.js' },
          dependencies: { '@remix-run/react': '2' },
          devDependencies: { '@remix-run/dev': '2' },
        },
        'vite.config.ts': '',
      },
      { framework: 'remix', start: 'remix-serve ./build/server/index.js' },
    ],
    [
      'React Router serves',
      {
        'package.json': {
          scripts: { build: 'react-router build', start: 'react-router-serve ./build/server/index.js' },
          devDependencies: { '@react-router/dev': '7', vite: '6' },
        },
      },
      { framework: 'react-router', static: false },
    ],
    [
      'React Router without server rendering is files',
      {
        'package.json': {
          scripts: { build: 'react-router build', start: 'react-router-serve ./build/server/index.js' },
          devDependencies: { '@react-router/dev': '7' },
        },
        'react-router.config.ts': 'export default { ssr: false } satisfies Config;',
      },
      { static: true, start: null },
    ],
    [
      'SvelteKit becomes a Node server',
      {
        'package.json': {
          scripts: { build: 'vite build', start: 'vite preview' },
          devDependencies: { '@sveltejs/kit': '2', '@sveltejs/adapter-auto': '3', vite: '5' },
        },
        'svelte.config.js':
          "import adapter from '@sveltejs/adapter-auto'; export default { kit: { adapter: adapter() } }",
      },
      { framework: 'sveltekit', start: 'node build' },
    ],
    [
      'SvelteKit with the static adapter is files',
      {
        'package.json': {
          scripts: { build: 'vite build' },
          devDependencies: { '@sveltejs/kit': '2', '@sveltejs/adapter-static': '3' },
        },
        'svelte.config.js': "export default { kit: { adapter: adapter({ fallback: '200.html' }) } }",
      },
      { static: true },
    ],
    [
      'Astro is files',
      {
        'package.json': {
          scripts: { start: 'astro dev', build: 'astro build' },
          dependencies: { astro: '5' },
        },
      },
      { framework: 'astro', static: true, start: null },
    ],
    [
      'Astro with its Node adapter is a server',
      {
        'package.json': {
          scripts: { build: 'astro build' },
          dependencies: { astro: '5', '@astrojs/node': '9' },
        },
        'astro.config.mjs':
          "import node from '@astrojs/node'; export default defineConfig({ output: 'server', adapter: node({ mode: 'standalone' }) })",
      },
      { static: false, start: 'node ./dist/server/entry.mjs' },
    ],
    [
      'Nest runs what it compiled',
      {
        'package.json': {
          scripts: { build: 'nest build', start: 'nest start', 'start:prod': 'node dist/main' },
          dependencies: { '@nestjs/core': '10', '@nestjs/platform-express': '10' },
          devDependencies: { '@nestjs/cli': '10' },
        },
        'nest-cli.json': {},
        'src/main.ts': '',
      },
      { framework: 'nest', start: 'node dist/main.js' },
    ],
    [
      'TanStack Start is no single-page app',
      {
        'package.json': {
          scripts: { dev: 'vite dev', build: 'vite build' },
          dependencies: { '@tanstack/react-start': '1', vite: '7' },
        },
        'index.html': '',
      },
      { static: false, start: 'node .output/server/index.mjs' },
    ],
    [
      'Strapi starts for production',
      {
        'package.json': {
          scripts: { develop: 'strapi develop', start: 'strapi start', build: 'strapi build' },
          dependencies: { '@strapi/strapi': '5' },
        },
      },
      { framework: 'strapi', start: 'strapi start' },
    ],
  ]);
});

describe('apps that are built to files', () => {
  planned([
    [
      'Create React App',
      {
        'package.json': {
          scripts: { start: 'react-scripts start', build: 'react-scripts build' },
          dependencies: { 'react-scripts': '5' },
        },
        'public/index.html': '',
      },
      { framework: 'create-react-app', static: true, start: null },
    ],
    [
      'Vite',
      {
        'package.json': {
          scripts: { dev: 'vite', build: 'vue-tsc && vite build', start: 'vite preview --port 4173' },
          dependencies: { vue: '3' },
          devDependencies: { vite: '5' },
        },
        'index.html': '',
      },
      { framework: 'vite', static: true },
    ],
    [
      'Vite without a build script',
      { 'package.json': { scripts: { start: 'vite' }, devDependencies: { vite: '5' } }, 'index.html': '' },
      { static: true },
    ],
    [
      'Angular',
      {
        'package.json': {
          scripts: { start: 'ng serve', build: 'ng build' },
          dependencies: { '@angular/core': '18' },
        },
        'angular.json': {
          projects: {
            shop: {
              projectType: 'application',
              architect: {
                build: { builder: '@angular/build:application', options: { outputPath: 'dist/shop' } },
              },
            },
          },
        },
      },
      { framework: 'angular', static: true },
    ],
    [
      'Vue CLI',
      {
        'package.json': {
          scripts: { serve: 'vue-cli-service serve', build: 'vue-cli-service build' },
          devDependencies: { '@vue/cli-service': '5' },
        },
      },
      { framework: 'vue-cli', static: true },
    ],
    [
      'Parcel',
      {
        'package.json': {
          scripts: { start: 'parcel src/index.html', build: 'parcel build src/index.html' },
          devDependencies: { parcel: '2' },
        },
        'src/index.html': '',
      },
      { framework: 'parcel', static: true },
    ],
    [
      'webpack with its development server as start',
      {
        'package.json': {
          scripts: { start: 'webpack serve --mode development', build: 'webpack --mode production' },
          devDependencies: { webpack: '5', 'html-webpack-plugin': '5', 'webpack-dev-server': '5' },
        },
        'webpack.config.js': "module.exports = { output: { path: path.resolve(__dirname, 'public/build') } }",
        'src/index.html': '',
      },
      { framework: 'webpack', static: true },
    ],
    [
      'Gatsby',
      {
        'package.json': {
          scripts: { start: 'gatsby develop', build: 'gatsby build' },
          dependencies: { gatsby: '5' },
        },
      },
      { framework: 'gatsby', static: true },
    ],
    [
      'Docusaurus',
      {
        'package.json': {
          scripts: { start: 'docusaurus start', build: 'docusaurus build' },
          dependencies: { '@docusaurus/core': '3' },
        },
      },
      { framework: 'docusaurus', static: true },
    ],
    [
      'VitePress in docs/',
      {
        'package.json': {
          scripts: { 'docs:dev': 'vitepress dev docs', 'docs:build': 'vitepress build docs' },
          devDependencies: { vitepress: '1' },
        },
        'docs/.vitepress/config.mts': 'export default {}',
        'docs/index.md': '',
      },
      { framework: 'vitepress', static: true },
    ],
    [
      'Eleventy',
      {
        'package.json': {
          scripts: { start: 'npx @11ty/eleventy --serve', build: 'eleventy' },
          devDependencies: { '@11ty/eleventy': '3' },
        },
        'index.md': '',
      },
      { framework: 'eleventy', static: true },
    ],
    [
      'a page that a file server is started for',
      {
        'package.json': {
          scripts: { start: 'serve -s build', build: 'react-scripts build' },
          dependencies: { 'react-scripts': '5', serve: '14' },
        },
        'public/index.html': '',
      },
      { static: true, start: null },
    ],
    [
      'a plain page with a package.json for prettier only',
      {
        'package.json': { scripts: { format: 'prettier -w .' }, devDependencies: { prettier: '3' } },
        'index.html': '',
      },
      { stack: 'static', static: true },
    ],
    [
      'a plain page with a development server as start',
      {
        'package.json': { scripts: { start: 'live-server' }, devDependencies: { 'live-server': '1' } },
        'index.html': '',
        'js/app.js': 'fetch("/x")',
      },
      { stack: 'static', static: true },
    ],
    [
      'a single-page app whose Procfile serves development',
      {
        Procfile: 'web: npm start',
        'package.json': {
          scripts: { start: 'react-scripts start', build: 'react-scripts build' },
          dependencies: { 'react-scripts': '4' },
        },
      },
      { static: true, start: null, processes: {} },
    ],
  ]);
});

describe('what is no Node app', () => {
  planned([
    [
      'a library',
      {
        'package.json': { name: 'left-pad', main: 'index.js', files: ['index.js'] },
        'index.js': 'module.exports = leftPad',
      },
      { outcome: 'unsupported', error: { code: 'no-start-command' } },
    ],
    [
      'a library with a page to show it',
      {
        'package.json': {
          name: 'x',
          main: 'dist/x.js',
          module: 'dist/x.mjs',
          scripts: { build: 'rollup -c' },
          devDependencies: { rollup: '4' },
        },
        'index.html': '',
        'src/index.js': 'export const a = 1',
      },
      { outcome: 'unsupported' },
    ],
    [
      'a library that Vite builds',
      {
        'package.json': {
          name: 'x',
          module: 'dist/x.js',
          exports: {},
          scripts: { dev: 'vite', build: 'vite build' },
          devDependencies: { vite: '5' },
        },
        'index.html': '',
        'vite.config.ts': "export default defineConfig({ build: { lib: { entry: 'src/x.ts' } } })",
      },
      { outcome: 'unsupported' },
    ],
    [
      'a command-line tool',
      {
        'package.json': { name: 'tool', bin: { tool: 'cli.js' }, dependencies: { commander: '12' } },
        'cli.js': '#!/usr/bin/env node',
      },
      { outcome: 'unsupported' },
    ],
    [
      'a desktop app',
      {
        'package.json': {
          main: 'main.js',
          scripts: { start: 'electron .' },
          devDependencies: { electron: '30' },
        },
        'index.html': '',
        'main.js': '',
      },
      { outcome: 'unsupported' },
    ],
    [
      'a mobile app',
      {
        'package.json': {
          scripts: { start: 'react-native start' },
          dependencies: { 'react-native': '0.74' },
        },
        'index.js': '',
      },
      { outcome: 'unsupported' },
    ],
  ]);
});

describe('which package manager', () => {
  const pkg = { scripts: { start: 'node x.js' }, dependencies: express };
  planned([
    [
      'the one whose lock file is there',
      { 'package.json': pkg, 'yarn.lock': '# yarn lockfile v1' },
      { packageManager: 'yarn' },
    ],
    [
      'the declared one where there are two lock files',
      {
        'package.json': { ...pkg, packageManager: 'pnpm@9.1.0' },
        'pnpm-lock.yaml': '',
        'package-lock.json': {},
      },
      { packageManager: 'pnpm', warned: ['other-lock-file'] },
    ],
    [
      'none where two lock files disagree and nothing declares one',
      { 'package.json': pkg, 'yarn.lock': '', 'package-lock.json': {} },
      {
        outcome: 'invalid',
        error: {
          code: 'invalid-manifest',
          message: 'There are lock files of several package managers: package-lock.json and yarn.lock.',
        },
      },
    ],
    [
      'npm with a shrinkwrap',
      { 'package.json': pkg, 'npm-shrinkwrap.json': {}, 'package-lock.json': {} },
      { packageManager: 'npm' },
    ],
    [
      'Bun, on Node',
      {
        'package.json': {
          scripts: { start: 'next start', build: 'next build' },
          dependencies: { next: '15' },
        },
        'bun.lock': '{}',
      },
      { stack: 'node', packageManager: 'bun' },
    ],
  ]);
});

describe('which Node', () => {
  const pkg = (engines: Record<string, string>) => ({
    scripts: { start: 'node x.js' },
    dependencies: express,
    engines,
  });
  const version = (value: string, source: string) => ({ version: { value, source } });
  planned([
    [
      'the newest long-term one that a range allows',
      { 'package.json': pkg({ node: '>=18' }) },
      version('24', 'package.json engines.node'),
    ],
    [
      'the highest of several ranges',
      { 'package.json': pkg({ node: '^20.1 || ^22.2' }) },
      version('22', 'package.json engines.node'),
    ],
    [
      'the one of .nvmrc before engines',
      { '.nvmrc': 'v22.11.0\n', 'package.json': pkg({ node: '20.x' }) },
      { ...version('22.11.0', '.nvmrc'), warned: ['version-conflict'] },
    ],
    ['the one behind a name', { '.nvmrc': 'lts/jod', 'package.json': pkg({}) }, version('22', '.nvmrc')],
    ['the default for lts/*', { '.nvmrc': 'lts/*', 'package.json': pkg({}) }, version('24', 'default')],
    [
      'the one of .tool-versions',
      { '.tool-versions': 'ruby 3.3.0\nnodejs 22.5.1\n', 'package.json': pkg({}) },
      version('22.5.1', '.tool-versions'),
    ],
    [
      'an old one, which is said',
      { 'package.json': pkg({ node: '16.x' }) },
      { ...version('16', 'package.json engines.node'), warned: ['end-of-life'] },
    ],
    [
      'the default where what is asked for does not exist',
      { 'package.json': pkg({ node: '>=99' }) },
      { ...version('24', 'default'), warned: ['version-unknown'] },
    ],
  ]);
});

describe('workspaces', () => {
  const root = { private: true, workspaces: ['apps/*', 'packages/*'] };
  const web = {
    name: '@x/web',
    scripts: { build: 'vite build' },
    devDependencies: { vite: '5' },
    dependencies: { '@x/ui': '*' },
  };
  const api = { name: '@x/api', scripts: { start: 'node src/index.js' }, dependencies: express };
  const ui = { name: '@x/ui', main: 'dist/index.js', scripts: { build: 'tsc' } };
  planned([
    [
      'several apps are ambiguous, each with the line that chooses it',
      {
        'package.json': root,
        'apps/web/package.json': web,
        'apps/web/index.html': '',
        'apps/api/package.json': api,
        'packages/ui/package.json': ui,
      },
      { outcome: 'ambiguous', candidates: [{ choose: 'app = "apps/api"' }, { choose: 'app = "apps/web"' }] },
    ],
    [
      'the chosen one is planned',
      {
        'landfall.toml': 'app = "apps/web"',
        'package.json': root,
        'apps/web/package.json': web,
        'apps/web/index.html': '',
        'apps/api/package.json': api,
        'packages/ui/package.json': ui,
      },
      { outcome: 'plan', static: true, framework: 'vite' },
    ],
    [
      'the only app among libraries is planned',
      { 'package.json': root, 'apps/api/package.json': api, 'packages/ui/package.json': ui },
      { outcome: 'plan', start: 'node src/index.js', warned: ['app-in-folder'] },
    ],
    [
      'the one that the root starts is planned',
      {
        'package.json': { ...root, scripts: { start: 'npm run start --workspace=@x/api' } },
        'apps/web/package.json': web,
        'apps/web/index.html': '',
        'apps/api/package.json': api,
      },
      { outcome: 'plan', start: 'node src/index.js' },
    ],
    [
      'pnpm workspaces as well',
      {
        'package.json': { private: true },
        'pnpm-workspace.yaml': 'packages:\n  - "services/**"\n',
        'pnpm-lock.yaml': "lockfileVersion: '9.0'",
        'services/api/package.json': api,
      },
      { outcome: 'plan', packageManager: 'pnpm', start: 'node src/index.js' },
    ],
    [
      'members that need each other in a circle are still planned',
      {
        'package.json': root,
        'apps/api/package.json': { ...api, dependencies: { ...express, '@x/a': '*' } },
        'packages/a/package.json': { name: '@x/a', dependencies: { '@x/b': '*' } },
        'packages/b/package.json': { name: '@x/b', dependencies: { '@x/a': '*' } },
      },
      { outcome: 'plan' },
    ],
  ]);
});

describe('what Node cannot start', () => {
  planned([
    [
      'a Cloudflare Worker',
      {
        'wrangler.toml': '',
        'package.json': { scripts: { dev: 'wrangler dev' }, dependencies: { hono: '4' } },
        'src/index.ts': "import { Hono } from 'hono'; const app = new Hono(); export default app",
      },
      { outcome: 'unsupported' },
    ],
    [
      'a Meteor app',
      { '.meteor/release': '', 'package.json': { scripts: { start: 'meteor run' } } },
      { outcome: 'unsupported' },
    ],
    [
      'a start script for another language',
      {
        'package.json': { scripts: { start: 'docker-compose up' }, dependencies: { express: '4' } },
        'server.js': listens,
      },
      { start: 'node server.js', warned: ['start-not-used'] },
    ],
    [
      'code that needs modules without a package.json',
      { 'server.js': listens },
      { outcome: 'invalid', error: { file: 'package.json' } },
    ],
  ]);
});

describe('apps of which only workers are known', () => {
  planned([
    [
      'run them',
      {
        Procfile: 'worker: node jobs.js',
        'package.json': { name: 'x', private: true, dependencies: { bullmq: '5' } },
        'jobs.js': '',
      },
      { stack: 'node', start: null, processes: { worker: 'node jobs.js' } },
    ],
    [
      'run what serves as well',
      {
        Procfile: 'worker: node jobs.js',
        'package.json': { scripts: { start: 'node web.js' }, dependencies: { express: '4' } },
      },
      { start: 'node web.js', processes: { worker: 'node jobs.js' } },
    ],
  ]);
});

describe('TypeScript without a build script', () => {
  planned([
    [
      'is compiled to where the start script looks',
      {
        'package.json': {
          scripts: { start: 'node dist/index.js' },
          dependencies: { express: '4' },
          devDependencies: { typescript: '5' },
        },
        'tsconfig.json': { compilerOptions: { outDir: './dist' } },
        'src/index.ts': '',
      },
      { start: 'node dist/index.js', dockerfile: expect.stringMatching(/tsc/) },
    ],
  ]);
});

describe('a start script that runs several things', () => {
  const both = {
    start: 'concurrently "npm run server" "npm:client"',
    server: 'node server.js',
    client: 'npm start --prefix client',
  };
  planned([
    [
      'is the one that serves',
      {
        'package.json': { scripts: both, dependencies: { express: '4', concurrently: '8' } },
        'server.js': listens,
        'client/package.json': { scripts: { start: 'react-scripts start' } },
      },
      { start: 'node server.js' },
    ],
    [
      'in the background too',
      {
        'package.json': {
          scripts: { start: 'tailwindcss -i a.css -o b.css --watch & node server.js' },
          dependencies: { express: '4' },
        },
        'server.js': listens,
      },
      { start: 'node server.js' },
    ],
    [
      'binds json-server to every address',
      {
        'package.json': {
          scripts: { start: 'json-server --watch db.json --port 3000' },
          dependencies: { 'json-server': '0.17' },
        },
      },
      { start: 'json-server --host 0.0.0.0 --watch db.json --port $PORT' },
    ],
    [
      'runs Babel’s output where it builds',
      {
        'package.json': {
          scripts: { start: 'nodemon --exec babel-node src/index.js', build: 'babel src -d dist' },
          dependencies: { express: '4' },
        },
        'src/index.js': "import e from 'express'; e().listen(1)",
      },
      { start: 'node dist/index.js' },
    ],
  ]);
});

describe('what else is no server', () => {
  planned([
    [
      'a browser extension',
      {
        'manifest.json': { manifest_version: 3 },
        'package.json': { scripts: { build: 'vite build' }, devDependencies: { vite: '5' } },
        'index.html': '',
      },
      { outcome: 'unsupported' },
    ],
    [
      'a GitHub action',
      {
        'action.yml': 'runs:\n  using: node20\n',
        'package.json': {
          main: 'lib/main.js',
          scripts: { build: 'tsc' },
          dependencies: { '@actions/core': '1' },
        },
        'src/main.ts': 'run()',
      },
      { outcome: 'unsupported' },
    ],
    [
      'contracts beside the app in a folder',
      {
        'contracts/A.sol': '',
        'package.json': { scripts: { test: 'hardhat test' }, devDependencies: { hardhat: '2' } },
        'frontend/package.json': { scripts: { build: 'vite build' }, devDependencies: { vite: '5' } },
        'frontend/index.html': '',
      },
      { outcome: 'plan', framework: 'vite', static: true },
    ],
  ]);
});
