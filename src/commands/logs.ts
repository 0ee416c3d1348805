import { Type } from '@sinclair/typebox';
import { command } from './command.ts';

const logs = command({
  name: 'logs',
  summary: "What an app's instances print",
  right: 'read',
  scope: 'app',
  method: 'GET',
  path: '/apps/:app/logs',
  input: Type.Object({
    follow: Type.Optional(Type.Boolean({ description: 'go on with new lines' })),
    tail: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 100_000, description: 'how many old lines, 100 by default' }),
    ),
    process: Type.Optional(Type.String({ description: 'only this process, like web' })),
  }),
  short: { f: 'follow', n: 'tail', p: 'process' },
  async run({ tools, app, signal }, input) {
    const all = await tools.engine.instances(app.id);
    const chosen = all.filter((one) => input.process === undefined || one.group.process === input.process);
    const names = new Map(chosen.map((one) => [one.id, `${one.group.process}.${one.index + 1}`]));
    const lines = tools.engine.logs(chosen, {
      tail: input.tail ?? 100,
      follow: input.follow ?? false,
      signal,
    });
    return { kind: 'stream', items: shape(lines, names) };
  },
});

async function* shape(
  lines: AsyncIterable<{ instance: string; process: string; stream: string; time: string; text: string }>,
  names: Map<string, string>,
): AsyncIterable<{ value: unknown; text: string }> {
  for await (const { instance, process, stream, time, text } of lines) {
    const name = names.get(instance) ?? process;
    yield {
      value: { time, instance: name, process, stream, text },
      text: `${time.slice(0, 23)}Z ${name} | ${text}`,
    };
  }
}

export const logCommands = [logs];
