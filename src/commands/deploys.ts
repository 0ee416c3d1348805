import { Type } from '@sinclair/typebox';
import { UserError } from '../errors.ts';
import { ago, command, table, value } from './command.ts';

const list = command({
  name: 'deploys',
  summary: "An app's deploys, newest first, with what failed and why",
  right: 'read',
  scope: 'app',
  method: 'GET',
  path: '/apps/:app/deploys',
  input: Type.Object({}),
  async run({ tools, app }) {
    const all = tools.store.deploys.all(app.id);
    const rows = all.map((deploy) => [
      String(deploy.id),
      deploy.kind,
      deploy.state,
      deploy.release === null ? '-' : `v${deploy.release}`,
      deploy.commit?.slice(0, 7) ?? '',
      ago(deploy.createdAt),
      deploy.failure ? `${deploy.failure.code}: ${deploy.failure.message}` : '',
    ]);
    return value(all, ...table([['DEPLOY', 'KIND', 'STATE', 'RELEASE', 'COMMIT', 'BEGUN', ''], ...rows]));
  },
});

const log = command({
  name: 'deploys log',
  summary: 'The log of a deploy; of the newest when none is named',
  right: 'read',
  scope: 'app',
  method: 'GET',
  path: '/apps/:app/deploys/log',
  input: Type.Object({ deploy: Type.Optional(Type.String({ pattern: '^[0-9]+$' })) }),
  positional: ['deploy'],
  async run({ tools, app }, input) {
    const { deploys } = tools.store;
    const all = deploys.all(app.id, 1000);
    const deploy = input.deploy === undefined ? all[0] : all.find((one) => one.id === Number(input.deploy));
    if (!deploy)
      throw new UserError(
        'not-found',
        `${app.name} has no such deploy.`,
        `See \`landfall deploys ${app.name}\`.`,
      );
    const lines = deploys.lines(deploy.id);
    return value({ ...deploy, lines }, ...lines.map((one) => one.line));
  },
});

export const deployCommands = [list, log];
