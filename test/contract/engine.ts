import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Engine, InstanceSpec, LogLine } from '../../src/engine/engine.ts';
import type { Group, Instance } from '../../src/types.ts';
import { accepts, collect, type Mode, newGroup, specOf, type World } from './engine-world.ts';

const patience = { timeout: 10_000, interval: 50 };

/** What every engine promises to those above it. */
export function engineContract(makeWorld: () => Promise<World>): void {
  let world: World;
  let engine: Engine;

  beforeAll(async () => {
    world = await makeWorld();
    engine = world.engine;
  }, 60_000);
  afterAll(() => world.close(), 60_000);

  const spec = (mode: Mode, more?: Partial<InstanceSpec>): InstanceSpec => specOf(world.image, mode, more);

  /** All of the group's app, in the order of their index. */
  async function see(group: Group): Promise<Instance[]> {
    return (await engine.instances(group.appId)).sort((a, b) => a.index - b.index);
  }

  async function start(
    mode: Mode,
    more?: Partial<InstanceSpec>,
  ): Promise<{ group: Group; instance: Instance }> {
    const group = newGroup();
    await engine.scale(group, spec(mode, more), 1);
    const [instance] = await see(group);
    if (!instance) throw new Error('no instance');
    return { group, instance };
  }

  describe('scale', () => {
    it('starts as many instances as asked, each at an address that the host reaches', async () => {
      const group = newGroup();
      await engine.scale(group, spec('serve'), 2);
      const instances = await see(group);
      expect(instances.map(({ index, state, group: own }) => ({ index, state, own }))).toEqual([
        { index: 0, state: 'running', own: group },
        { index: 1, state: 'running', own: group },
      ]);
      expect(new Set(instances.map(({ dial }) => dial?.host)).size).toBe(2);
      for (const { dial } of instances) {
        if (!dial) throw new Error('no address');
        expect(dial.port).toBe(5000);
        await vi.waitFor(async () => expect(await accepts(dial)).toBe(true), patience);
      }
    });

    it('changes nothing when called again', async () => {
      const { group, instance } = await start('serve');
      await engine.scale(group, spec('serve'), 1);
      expect(await see(group)).toEqual([instance]);
    });

    it('removes the instances above the count and leaves the others alone', async () => {
      const group = newGroup();
      await engine.scale(group, spec('silent'), 3);
      const [first] = await see(group);
      await engine.scale(group, spec('silent'), 1);
      expect(await see(group)).toEqual([first]);
      await engine.scale(group, spec('silent'), 0);
      expect(await see(group)).toEqual([]);
    });

    it('finishes what was created and not started when the server was killed', async () => {
      const group = newGroup();
      const half = await world.halfMake(group, spec('serve'), 1);
      expect(await see(group)).toMatchObject([{ id: half, state: 'created', dial: null, startedAt: null }]);
      await engine.scale(group, spec('serve'), 2);
      const [zero, one] = await see(group);
      expect(zero?.state).toBe('running');
      expect(one).toMatchObject({ id: half, state: 'running' });
    });

    it('replaces what has the same place and another spec', async () => {
      const { group, instance } = await start('silent');
      await engine.scale(group, spec('serve'), 1);
      const [other] = await see(group);
      expect(other?.state).toBe('running');
      expect(other?.id).not.toBe(instance.id);
    });

    it('starts an instance that has ended', async () => {
      const { group, instance } = await start('silent');
      await world.crash(instance);
      await vi.waitFor(async () => expect((await see(group))[0]?.state).toBe('exited'), patience);
      await engine.scale(group, spec('silent'), 1);
      expect(await see(group)).toMatchObject([{ id: instance.id, state: 'running' }]);
    });

    it('gives a running instance the restart policy of a live one without touching it', async () => {
      const { group, instance } = await start('silent');
      await engine.scale(group, spec('silent', { restart: 'unless-stopped' }), 1);
      expect(await see(group)).toEqual([instance]);
      await world.crash(instance);
      await vi.waitFor(
        async () =>
          expect(await see(group)).toMatchObject([{ id: instance.id, state: 'running', restarts: 1 }]),
        patience,
      );
    });

    it('gives two groups of an app that start at once different addresses', async () => {
      const web = newGroup('web');
      const worker = newGroup('worker', web.appId);
      await Promise.all([engine.scale(web, spec('silent'), 2), engine.scale(worker, spec('silent'), 2)]);
      const hosts = (await see(web)).map(({ dial }) => dial?.host);
      expect(hosts).not.toContain(undefined);
      expect(new Set(hosts).size).toBe(4);
    });
  });

  describe('instances', () => {
    it('shows how a crashed instance ended', async () => {
      const { group } = await start('crash');
      await vi.waitFor(
        async () =>
          expect(await see(group)).toMatchObject([
            { state: 'exited', exitCode: 7, outOfMemory: false, dial: null },
          ]),
        patience,
      );
    });

    it('tells when memory ran out', async () => {
      const { group } = await start('greedy');
      await vi.waitFor(
        async () => expect(await see(group)).toMatchObject([{ state: 'exited', outOfMemory: true }]),
        patience,
      );
    });

    it('shows those of all apps, or of one', async () => {
      const one = await start('silent');
      const two = await start('silent');
      const ids = (await engine.instances()).map(({ id }) => id);
      expect(ids).toEqual(expect.arrayContaining([one.instance.id, two.instance.id]));
      expect((await engine.instances(two.group.appId)).map(({ id }) => id)).toEqual([two.instance.id]);
      expect(await engine.instances('none-such')).toEqual([]);
    });
  });

  describe('remove', () => {
    it('removes an instance, and is no error when it is gone already', async () => {
      const { group, instance } = await start('silent');
      await engine.remove([instance], 1);
      expect(await see(group)).toEqual([]);
      await engine.remove([instance], 1);
      for (const _ of [1, 2]) await engine.forget(group.appId);
    });
  });

  describe('run', () => {
    it('returns the exit code of a job and its lines, and leaves nothing', async () => {
      const group = newGroup('release');
      const lines: string[] = [];
      const signal = AbortSignal.timeout(20_000);
      expect(await engine.run(group, spec('job'), (line) => lines.push(line), signal)).toBe(3);
      expect(lines).toHaveLength(3);
      expect(lines).toEqual(expect.arrayContaining(['mode job on port 5000', 'done', 'and a warning']));
      expect(await see(group)).toEqual([]);
    });

    it('ends a job that is aborted', async () => {
      const abort = new AbortController();
      const reason = new Error('enough');
      const log = (line: string): void => {
        if (line.startsWith('mode')) abort.abort(reason);
      };
      await expect(engine.run(newGroup('release'), spec('endless'), log, abort.signal)).rejects.toBe(reason);
    });

    it('does not sweep away what runs', async () => {
      const { group, instance } = await start('silent');
      await engine.sweep();
      expect(await see(group)).toEqual([instance]);
    });
  });

  describe('logs', () => {
    async function past(instance: Instance, tail: number): Promise<LogLine[]> {
      const lines: LogLine[] = [];
      await collect(
        engine.logs([instance], { tail, follow: false, signal: AbortSignal.timeout(9000) }),
        lines,
      );
      return lines;
    }

    it('shows the last lines, with their stream and time, also of what has ended', async () => {
      const { group, instance } = await start('crash');
      await vi.waitFor(async () => expect((await see(group))[0]?.state).toBe('exited'), patience);
      const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
      const common = { instance: instance.id, process: 'web', time };
      const lines = await past(instance, 10);
      expect(lines).toHaveLength(2);
      expect(lines).toContainEqual({ ...common, stream: 'stdout', text: 'mode crash on port 5000' });
      expect(lines).toContainEqual({ ...common, stream: 'stderr', text: 'cannot start' });
      expect(await past(instance, 1)).toEqual(lines.slice(1));
    });

    it('mixes the lines of several instances in the order of time', async () => {
      const one = await start('silent');
      const two = await start('silent');
      for (const [at, { instance }] of [one, two, one, two].entries()) {
        await world.write(instance, `line ${at}`);
        await vi.waitFor(async () => expect((await past(instance, 1))[0]?.text).toBe(`line ${at}`), patience);
      }
      const lines: LogLine[] = [];
      const both = [one.instance, two.instance];
      await collect(engine.logs(both, { tail: 3, follow: false, signal: AbortSignal.timeout(9000) }), lines);
      expect(lines.map(({ text }) => text)).toEqual(['line 1', 'line 2', 'line 3']);
    });

    it('follows without a gap, through a restart, until the instance is removed', async () => {
      const { instance } = await start('silent', { restart: 'unless-stopped' });
      const first = 'mode silent on port 5000';
      const lines: LogLine[] = [];
      const texts = (): string[] => lines.map(({ text }) => text);
      await vi.waitFor(async () => expect(await past(instance, 10)).toHaveLength(1), patience);
      const signal = AbortSignal.timeout(25_000);
      const following = collect(engine.logs([instance], { tail: 10, follow: true, signal }), lines);
      await vi.waitFor(() => expect(texts()).toEqual([first]), patience);
      await world.write(instance, 'second');
      await vi.waitFor(() => expect(texts()).toEqual([first, 'second']), patience);
      await world.crash(instance);
      await vi.waitFor(() => expect(texts()).toEqual([first, 'second', first]), patience);
      await world.write(instance, 'fourth');
      await vi.waitFor(() => expect(texts()).toEqual([first, 'second', first, 'fourth']), patience);
      await engine.remove([instance], 1);
      await following;
      expect(signal.aborted).toBe(false);
    });

    it('ends when the signal says so', async () => {
      const { instance } = await start('silent');
      const abort = new AbortController();
      const lines: LogLine[] = [];
      const following = collect(
        engine.logs([instance], { tail: 0, follow: true, signal: abort.signal }),
        lines,
      );
      await vi.waitFor(async () => {
        await world.write(instance, 'new');
        expect(lines.at(-1)?.text).toBe('new');
      }, patience);
      abort.abort();
      await following;
    });
  });

  describe('events', () => {
    it('name the app whose instance was killed', async () => {
      const { group, instance } = await start('silent');
      const abort = new AbortController();
      const seen: string[] = [];
      const watching = (async () => {
        for await (const event of engine.events(abort.signal)) {
          seen.push(event.kind === 'changed' ? event.appId : event.kind);
        }
      })();
      await vi.waitFor(() => expect(seen[0]).toBe('reconnected'), patience);
      expect(seen).not.toContain(group.appId);
      await world.crash(instance);
      await vi.waitFor(() => expect(seen).toContain(group.appId), patience);
      // Who is told looks at once, and may not be told again.
      expect((await engine.instances(group.appId))[0]?.state).toBe('exited');
      abort.abort();
      await watching;
    });
  });

  describe('listeners', () => {
    it.each([
      ['serve', [{ address: '0.0.0.0', port: 5000 }]],
      ['loopback', [{ address: '127.0.0.1', port: 5000 }]],
    ] as const)('show where an app listens: %s', async (mode, expected) => {
      const { instance } = await start(mode);
      await vi.waitFor(async () => expect(await engine.listeners(instance)).toEqual(expected), patience);
    });

    it('are none when nothing listens, or nothing runs', async () => {
      const { group, instance } = await start('silent');
      expect(await engine.listeners(instance)).toEqual([]);
      await world.crash(instance);
      await vi.waitFor(async () => expect((await see(group))[0]?.state).toBe('exited'), patience);
      expect(await engine.listeners(instance)).toEqual([]);
    });
  });

  it('answers how it is, and how full the disk is', async () => {
    expect((await engine.ping()).version).not.toBe('');
    const { freeBytes, totalBytes } = await engine.disk();
    expect(totalBytes).toBeGreaterThan(freeBytes);
  });
}
