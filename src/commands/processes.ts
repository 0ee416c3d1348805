import { Type } from '@sinclair/typebox';
import { UserError } from '../errors.ts';
import { standingProcesses } from '../instances/desired.ts';
import { ago, command, table, value } from './command.ts';
import { closing } from './outcome.ts';
import { deploy, mustServe } from './releases.ts';

const list = command({
  name: 'ps',
  summary: "An app's instances",
  right: 'read',
  scope: 'app',
  method: 'GET',
  path: '/apps/:app/instances',
  input: Type.Object({}),
  async run({ tools, app }) {
    const [serving] = tools.store.deploys.served(app.id, 1);
    const instances = (await tools.engine.instances(app.id)).map((one) => ({
      name: `${one.group.process}.${one.index + 1}`,
      process: one.group.process,
      release: one.group.release,
      deploy: one.group.deploy,
      state: one.state,
      /** Another deploy has the traffic: it finishes what it has, or has yet to prove itself. */
      standing:
        one.group.deploy === serving?.id
          ? 'live'
          : serving && one.group.deploy > serving.id
            ? 'new'
            : 'draining',
      restarts: one.restarts,
      exitCode: one.exitCode,
      outOfMemory: one.outOfMemory,
      startedAt: one.startedAt,
    }));
    const rows = instances.map((one) => [
      one.name,
      `v${one.release}`,
      describeState(one),
      one.restarts > 0 ? `${one.restarts} restart${one.restarts > 1 ? 's' : ''}` : '',
      one.startedAt ? ago(one.startedAt) : '-',
    ]);
    if (rows.length === 0) return value([], `${app.name} has no instances.`);
    return value(instances, ...table([['INSTANCE', 'RELEASE', 'STATE', '', 'STARTED'], ...rows]));
  },
});

function describeState(one: {
  state: string;
  standing: string;
  outOfMemory: boolean;
  exitCode: number | null;
}): string {
  if (one.state === 'exited') return `exited (${one.outOfMemory ? 'out of memory' : one.exitCode})`;
  return one.standing === 'live' ? one.state : `${one.state}, ${one.standing}`;
}

const restart = command({
  name: 'ps restart',
  summary: 'Replaces all instances by new ones of the same release, without losing a request',
  right: 'deploy',
  scope: 'app',
  method: 'POST',
  path: '/apps/:app/restart',
  input: Type.Object({}),
  async run(call) {
    const outcome = await deploy(call, 'restart', () => ({ release: mustServe(call.tools, call.app) }));
    return value(outcome, ...closing(outcome));
  },
});

const scale = command({
  name: 'ps scale',
  summary: 'How many instances each process has: web=2 worker=0',
  right: 'deploy',
  scope: 'app',
  method: 'POST',
  path: '/apps/:app/scale',
  input: Type.Object({
    counts: Type.Array(Type.String({ pattern: '^[A-Za-z0-9_-]+=[0-9]{1,2}$' }), {
      minItems: 1,
      description: 'PROCESS=number, up to 99',
    }),
  }),
  positional: ['counts...'],
  async run({ tools, app }, input) {
    const known = standingProcesses(mustServe(tools, app).processes);
    const counts = { ...app.counts };
    for (const pair of input.counts) {
      const [name = '', count = ''] = pair.split('=');
      if (!known.includes(name))
        throw new UserError(
          'bad-input',
          `${app.name} has no process ${name}.`,
          `It has: ${known.join(', ')}.`,
        );
      counts[name] = Number(count);
    }
    tools.store.apps.setCounts(app.id, counts);
    await tools.reconciler.converge(app.id);
    const text = known.map((name) => `${name}=${counts[name] ?? 1}`).join(' ');
    return value({ app: app.name, counts }, `${app.name}: ${text}`);
  },
});

export const processCommands = [list, restart, scale];
