import { Type } from '@sinclair/typebox';
import type { Aim } from '../deploy/deployer.ts';
import { UserError } from '../errors.ts';
import type { App, Config, Release } from '../types.ts';
import { ago, type Call, command, type Tools, table, value } from './command.ts';
import { closing } from './outcome.ts';

const list = command({
  name: 'releases',
  summary: "An app's releases, newest first",
  right: 'read',
  scope: 'app',
  method: 'GET',
  path: '/apps/:app/releases',
  input: Type.Object({}),
  async run({ tools, app }) {
    const live = serving(tools, app)?.version;
    const all = tools.store.releases.all(app.id).map((release) => ({
      version: release.version,
      live: release.version === live,
      commit: release.commit,
      reason: release.reason,
      config: Object.keys(release.config),
      image: release.image,
      createdAt: release.createdAt,
    }));
    const rows = all.map((one) => [
      `v${one.version}`,
      one.live ? 'live' : '',
      one.commit.slice(0, 7),
      one.reason,
      ago(one.createdAt),
    ]);
    return value(all, ...table([['RELEASE', '', 'COMMIT', 'REASON', 'MADE'], ...rows]));
  },
});

const rollback = command({
  name: 'rollback',
  summary:
    'Goes back to the release that served before, or to the one named: image, config, processes and limits',
  right: 'deploy',
  scope: 'app',
  method: 'POST',
  path: '/apps/:app/rollback',
  input: Type.Object({
    release: Type.Optional(Type.String({ pattern: '^v?[0-9]+$', description: 'like v3' })),
    'keep-config': Type.Optional(Type.Boolean({ description: 'leave the config as it is now' })),
  }),
  positional: ['release'],
  async run(call, input) {
    const { tools, app } = call;
    let changed: string[] = [];
    const outcome = await deploy(call, 'rollback', async () => {
      const now = mustServe(tools, app);
      const target = pick(tools, app, now, input.release);
      if ((await tools.builder.find(target.image)) === null)
        throw new UserError(
          'nothing-to-roll-back',
          `The image of v${target.version} is no longer here.`,
          `Push its commit (${target.commit.slice(0, 7)}) again.`,
        );
      const config = input['keep-config'] ? now.config : target.config;
      changed = differences(now.config, config);
      return {
        buildId: target.buildId,
        commit: target.commit,
        config,
        reason: `rollback to v${target.version}`,
      };
    });
    const restored = changed.length > 0 ? [`config restored: ${changed.join(', ')}`] : [];
    return value({ ...outcome, restored: changed }, ...closing(outcome), ...restored);
  },
});

const redeploy = command({
  name: 'redeploy',
  summary: 'Deploys the live release once more, as a new one (git would say "Everything up-to-date")',
  right: 'deploy',
  scope: 'app',
  method: 'POST',
  path: '/apps/:app/redeploy',
  input: Type.Object({}),
  async run(call) {
    const outcome = await deploy(call, 'redeploy', () => {
      const now = mustServe(call.tools, call.app);
      const config = call.tools.store.variables.get(call.app.id);
      return { buildId: now.buildId, commit: now.commit, config, reason: `redeploy of v${now.version}` };
    });
    return value(outcome, ...closing(outcome));
  },
});

/** Runs a deploy that needs no build and shapes what came of it. */
export async function deploy(
  { tools, app, actor, say, signal }: Call & { app: App },
  kind: 'rollback' | 'redeploy' | 'config' | 'restart',
  aim: () => Aim | Promise<Aim>,
) {
  const outcome = await tools.deployer.change(app, { kind, actor, listen: say, signal }, aim);
  return {
    app: app.name,
    deploy: outcome.deploy.id,
    release: outcome.release.version,
    url: outcome.url,
    seconds: outcome.seconds,
  };
}

/** What has the traffic now, or null. */
export function serving(tools: Tools, app: App): Release | null {
  const [deploy] = tools.store.deploys.served(app.id, 1);
  return deploy?.release ? tools.store.releases.get(app.id, deploy.release) : null;
}

export function mustServe(tools: Tools, app: App): Release {
  const release = serving(tools, app);
  if (!release)
    throw new UserError(
      'not-deployed',
      `${app.name} has no live release yet.`,
      'Push it first: git push production main',
    );
  return release;
}

function pick(tools: Tools, app: App, now: Release, named: string | undefined): Release {
  if (named !== undefined) {
    const release = tools.store.releases.get(app.id, Number(named.replace('v', '')));
    if (!release)
      throw new UserError(
        'nothing-to-roll-back',
        `${app.name} has no release ${named}.`,
        `See \`landfall releases ${app.name}\`.`,
      );
    if (!served(tools, app).includes(release.version))
      throw new UserError(
        'nothing-to-roll-back',
        `${named} never went live.`,
        `See \`landfall releases ${app.name}\` for those that did.`,
      );
    return release;
  }
  const before = served(tools, app).find((version) => version !== now.version);
  const release = before === undefined ? null : tools.store.releases.get(app.id, before);
  if (!release)
    throw new UserError(
      'nothing-to-roll-back',
      `${app.name} has no release before v${now.version}.`,
      'Push an older commit instead.',
    );
  return release;
}

function served(tools: Tools, app: App): number[] {
  return tools.store.deploys.served(app.id, 1000).flatMap((deploy) => deploy.release ?? []);
}

/** Names whose values differ. */
export function differences(from: Config, to: Config): string[] {
  return [...new Set([...Object.keys(from), ...Object.keys(to)])]
    .filter((name) => from[name] !== to[name])
    .sort();
}

export const releaseCommands = [list, rollback, redeploy];
