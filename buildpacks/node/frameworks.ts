import type { Context } from '../buildpack.ts';
import { majorOf, type Package, usedOf } from './package.ts';
import { astro, nestMain, next, nuxt, qwik, reactRouter, remix, svelteKit } from './rendering.ts';
import { type Shape, server, site } from './shape.ts';
import { angular, eleventy, press } from './sites.ts';

interface Rule {
  when: readonly string[];
  shape(pkg: Package, ctx: Context): Shape | null;
}

/** In order: a framework that stands on another one comes first. */
const rules: readonly Rule[] = [
  {
    when: ['@keystone-6/core', '@keystone-next/keystone'],
    shape: () => server('keystone', 'keystone build', 'keystone start'),
  },
  {
    when: ['@strapi/strapi', 'strapi'],
    shape: () => server('strapi', 'strapi build', 'strapi start', { env: { HOST: '0.0.0.0' } }),
  },
  { when: ['@medusajs/medusa'], shape: () => server('medusa', 'medusa build', 'medusa start') },
  { when: ['@redwoodjs/core', '@redwoodjs/sdk'], shape: () => server('redwood', null, null) },
  { when: ['blitz'], shape: () => server('blitz', 'blitz build', 'blitz start') },
  { when: ['next'], shape: next },
  { when: ['nuxt', 'nuxt3', 'nuxt-edge', 'nuxt-nightly'], shape: nuxt },
  { when: ['@remix-run/react', '@remix-run/serve', '@remix-run/node', '@remix-run/dev'], shape: remix },
  { when: ['@react-router/dev'], shape: reactRouter },
  {
    when: ['@tanstack/react-start', '@tanstack/start', '@tanstack/solid-start'],
    shape: (pkg) =>
      server('tanstack-start', pkg.scripts.build ?? 'vite build', 'node .output/server/index.mjs', {
        env: { HOST: '0.0.0.0' },
      }),
  },
  {
    when: ['@solidjs/start', 'solid-start'],
    shape: () =>
      server('solid-start', 'vinxi build', 'node .output/server/index.mjs', {
        env: { HOST: '0.0.0.0' },
        own: /^(?:vinxi|solid-start) start\b/,
      }),
  },
  { when: ['@sveltejs/kit'], shape: svelteKit },
  { when: ['astro'], shape: astro },
  { when: ['@builder.io/qwik-city', '@qwik.dev/router'], shape: qwik },
  {
    when: ['vinxi'],
    shape: () =>
      server('vinxi', 'vinxi build', 'node .output/server/index.mjs', { env: { HOST: '0.0.0.0' } }),
  },
  { when: ['vike', 'vite-plugin-ssr'], shape: () => null },
  { when: ['gatsby'], shape: () => site('gatsby', 'gatsby build', 'public') },
  { when: ['@docusaurus/core'], shape: () => site('docusaurus', 'docusaurus build', 'build') },
  { when: ['vitepress'], shape: (pkg, ctx) => press('vitepress', pkg, ctx) },
  { when: ['vuepress', 'vuepress-vite', '@vuepress/cli'], shape: (pkg, ctx) => press('vuepress', pkg, ctx) },
  { when: ['rspress', '@rspress/core'], shape: () => site('rspress', 'rspress build', 'doc_build') },
  { when: ['@11ty/eleventy'], shape: eleventy },
  { when: ['hexo'], shape: () => site('hexo', 'hexo generate', 'public') },
  { when: ['@gridsome/cli', 'gridsome'], shape: () => site('gridsome', 'gridsome build', 'dist') },
  {
    when: ['@adonisjs/core'],
    shape: (pkg) =>
      server(
        'adonis',
        'node ace build',
        (majorOf(pkg, '@adonisjs/core') ?? 6) >= 6 ? 'node build/bin/server.js' : 'node build/server.js',
        { env: { HOST: '0.0.0.0' } },
      ),
  },
  {
    when: ['@nestjs/core'],
    shape: (pkg, ctx) =>
      server('nest', 'nest build', `node ${nestMain(ctx)}`, {
        own: /^nest start\b/,
        ...(pkg.scripts.build === undefined ? {} : {}),
      }),
  },
  { when: ['@midwayjs/core', '@midwayjs/web', '@midwayjs/koa'], shape: () => server('midway', null, null) },
  { when: ['egg'], shape: () => server('egg', null, null) },
  { when: ['sails'], shape: () => server('sails', null, null) },
  { when: ['@feathersjs/feathers'], shape: () => server('feathers', null, null) },
  { when: ['@angular/core'], shape: angular },
];

const servers: readonly [string, string][] = [
  ['express', 'express'],
  ['fastify', 'fastify'],
  ['koa', 'koa'],
  ['@hono/node-server', 'hono'],
  ['hono', 'hono'],
  ['@hapi/hapi', 'hapi'],
  ['hapi', 'hapi'],
  ['restify', 'restify'],
  ['polka', 'polka'],
  ['h3', 'h3'],
  ['@apollo/server', 'apollo'],
  ['apollo-server', 'apollo'],
  ['graphql-yoga', 'graphql-yoga'],
  ['@trpc/server', 'trpc'],
  ['socket.io', 'socket.io'],
  ['json-server', 'json-server'],
  ['parse-server', 'parse-server'],
  ['probot', 'probot'],
  ['ws', 'ws'],
  ['micro', 'micro'],
  ['moleculer-web', 'moleculer'],
  ['moleculer', 'moleculer'],
  ['@elysiajs/node', 'elysia'],
  ['hyper-express', 'hyper-express'],
  ['uWebSockets.js', 'uwebsockets'],
  ['connect', 'connect'],
  ['loopback', 'loopback'],
  ['@loopback/core', 'loopback'],
  ['total.js', 'total.js'],
  ['total4', 'total.js'],
  ['meteor-node-stubs', 'meteor'],
  ['peer', 'peer'],
  ['ghost', 'ghost'],
  ['node-red', 'node-red'],
  ['nodebb', 'nodebb'],
  ['directus', 'directus'],
  ['payload', 'payload'],
  ['actionhero', 'actionhero'],
  ['discord.js', 'discord.js'],
  ['eris', 'eris'],
  ['telegraf', 'telegraf'],
  ['grammy', 'grammy'],
  ['node-telegram-bot-api', 'telegram'],
  ['@slack/bolt', 'bolt'],
  ['botbuilder', 'botbuilder'],
  ['bullmq', 'bullmq'],
  ['agenda', 'agenda'],
  ['whatsapp-web.js', 'whatsapp'],
  ['tmi.js', 'tmi'],
];

/** The library that serves or listens, at run time; null when none of the known ones is asked for. */
export function serverLibrary(pkg: Package): string | null {
  return servers.find(([name]) => name in pkg.dependencies)?.[1] ?? null;
}

/** The framework that decides how the app is built and run; null: a plain program. */
export function frameworkShape(pkg: Package, ctx: Context): Shape | null {
  for (const rule of rules) {
    if (usedOf(pkg, rule.when) === null) continue;
    const shape = rule.shape(pkg, ctx);
    if (shape !== null) return shape;
  }
  return null;
}
