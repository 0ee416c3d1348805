import { Type } from '@sinclair/typebox';
import { appUrl, publicUrl } from '../config.ts';
import { UserError } from '../errors.ts';
import type { App } from '../types.ts';
import { ago, command, type Tools, table, value } from './command.ts';
import { allows } from './run.ts';

const list = command({
  name: 'apps',
  summary: 'The apps on this server',
  right: 'read',
  scope: 'server',
  filtered: true,
  method: 'GET',
  path: '/apps',
  input: Type.Object({}),
  async run({ tools, actor }) {
    const apps = tools.store.apps.all().filter((app) => allows(actor, 'read', app.id));
    const infos = apps.map((app) => describe(tools, app));
    const rows = infos.map((info) => [
      info.name,
      info.release === null ? '-' : `v${info.release}`,
      info.state,
      info.url,
    ]);
    if (rows.length === 0)
      return value(
        [],
        'No apps yet. Add a remote and push:',
        `  git remote add production ${remote(tools, '<app>')}`,
      );
    return value(infos, ...table([['APP', 'RELEASE', 'STATE', 'URL'], ...rows]));
  },
});

const create = command({
  name: 'apps create',
  summary: 'Creates an app before its first push',
  right: 'deploy',
  scope: 'new-app',
  method: 'POST',
  path: '/apps',
  input: Type.Object({ name: Type.String() }),
  positional: ['name'],
  async run({ tools }, { name }) {
    const app = tools.store.apps.create(name);
    await tools.repositories.create(app.id);
    return value(
      describe(tools, app),
      `Created ${name}.`,
      `  git remote add production ${remote(tools, name)}`,
      '  git push production main',
    );
  },
});

const info = command({
  name: 'apps info',
  summary: 'What an app is and where it answers',
  right: 'read',
  scope: 'app',
  method: 'GET',
  path: '/apps/:app',
  input: Type.Object({}),
  async run({ tools, app }) {
    const about = describe(tools, app);
    return value(
      about,
      ...table([
        ['app', about.name],
        ['url', about.url],
        ['remote', about.remote],
        ['release', about.release === null ? '-' : `v${about.release}`],
        ['commit', about.commit ?? '-'],
        ['state', about.state],
        [
          'processes',
          Object.entries(about.processes)
            .map(([name, line]) => `${name}: ${line ?? '(the image)'}`)
            .join(', ') || '-',
        ],
        ['created', ago(about.createdAt)],
      ]),
    );
  },
});

const destroy = command({
  name: 'apps destroy',
  summary: 'Removes an app with everything it has',
  right: 'admin',
  scope: 'app',
  method: 'DELETE',
  path: '/apps/:app',
  input: Type.Object({
    confirm: Type.Optional(Type.String({ description: 'the name of the app once more' })),
  }),
  async run({ tools, app }, { confirm }) {
    if (confirm !== app.name)
      throw new UserError(
        'bad-input',
        `This removes ${app.name}, its releases, config and images, for good.`,
        `To do it: landfall apps destroy ${app.name} --confirm ${app.name}`,
      );
    await destroyApp(tools, app);
    return value({ destroyed: app.name }, `Destroyed ${app.name}.`);
  },
});

/** Not while a deploy of it is under way: a push gives way, everything else is waited for. */
async function destroyApp(tools: Tools, app: App): Promise<void> {
  const { builder, deployer, reconciler, repositories, store } = tools;
  deployer.supersede(app.id, 'the end of the app');
  await deployer.exclusively(app.id, async () => {
    const images = store.builds.all(app.id).map((build) => build.image);
    await reconciler.forget(app.id, () => store.apps.remove(app.id));
    await repositories.remove(app.id);
    for (const image of new Set(images)) await builder.remove(image);
  });
}

/** The remote to push an app to. */
function remote(tools: Tools, name: string): string {
  return `${publicUrl(tools.settings, `landfall.${tools.settings.domain}`)}/${name}.git`;
}

function describe(tools: Tools, app: App) {
  const { deploys, releases } = tools.store;
  const [serving] = deploys.served(app.id, 1);
  const release = serving?.release ? releases.get(app.id, serving.release) : null;
  const [newest] = deploys.all(app.id, 1);
  const state =
    newest === undefined
      ? 'never deployed'
      : newest.endedAt === null
        ? newest.state
        : release
          ? 'live'
          : newest.state;
  return {
    name: app.name,
    id: app.id,
    url: appUrl(tools.settings, app.name),
    remote: remote(tools, app.name),
    release: release?.version ?? null,
    commit: release?.commit ?? null,
    state,
    processes: release?.processes ?? {},
    counts: app.counts,
    createdAt: app.createdAt,
  };
}

export const appCommands = [list, create, info, destroy];
