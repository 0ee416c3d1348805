import { Type } from '@sinclair/typebox';
import { UserError } from '../errors.ts';
import { ago, command, table, value } from './command.ts';

const list = command({
  name: 'tokens',
  summary: 'The tokens that are valid; what they are is not kept',
  right: 'admin',
  scope: 'server',
  method: 'GET',
  path: '/tokens',
  input: Type.Object({}),
  async run({ tools }) {
    const { access, apps } = tools.store;
    const all = access
      .all()
      .map(({ appId, ...token }) => ({ ...token, app: appId ? (apps.find(appId)?.name ?? null) : null }));
    const rows = all.map((one) => [one.id, one.name, one.right, one.app ?? 'all apps', ago(one.createdAt)]);
    return value(all, ...table([['TOKEN', 'NAME', 'RIGHT', 'FOR', 'MADE'], ...rows]));
  },
});

const create = command({
  name: 'tokens create',
  summary: 'Makes a token and shows it once',
  right: 'admin',
  scope: 'server',
  method: 'POST',
  path: '/tokens',
  input: Type.Object({
    name: Type.String({ minLength: 1, maxLength: 60, description: 'whose it is' }),
    app: Type.Optional(Type.String({ description: 'for this app only' })),
    right: Type.Optional(
      Type.Union([Type.Literal('read'), Type.Literal('deploy'), Type.Literal('admin')], {
        description: 'deploy by default',
      }),
    ),
  }),
  positional: ['name'],
  async run({ tools, actor }, input) {
    if (actor.appId !== null)
      throw new UserError('forbidden', "A token for one app can't make tokens.", 'Use a token for all apps.');
    const app = input.app === undefined ? null : tools.store.apps.byName(input.app);
    if (input.app !== undefined && !app)
      throw new UserError(
        'not-found',
        `There is no app ${JSON.stringify(input.app.slice(0, 60))}.`,
        'See `landfall apps`; a new one is made with `landfall apps create`.',
      );
    const made = tools.store.access.create({
      name: input.name,
      appId: app?.id ?? null,
      right: input.right ?? 'deploy',
    });
    return value(
      {
        id: made.token.id,
        name: made.token.name,
        right: made.token.right,
        app: app?.name ?? null,
        token: made.secret,
      },
      made.secret,
      'It is shown only now. As a password for git: any user name, this token.',
    );
  },
});

const revoke = command({
  name: 'tokens revoke',
  summary: 'Ends a token at once',
  right: 'admin',
  scope: 'server',
  method: 'DELETE',
  path: '/tokens/:id',
  input: Type.Object({ id: Type.String() }),
  positional: ['id'],
  async run({ tools }, { id }) {
    tools.store.access.revoke(id);
    return value({ revoked: id }, `Revoked ${id}.`);
  },
});

export const tokenCommands = [list, create, revoke];
