import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DockerEngine } from '../../src/engine/docker.ts';
import type { InstanceSpec } from '../../src/engine/engine.ts';
import { containerName, labelsOf, networkName, specHash } from '../../src/engine/labels.ts';
import type { Instance } from '../../src/types.ts';
import { docker, makeTestImage, removeAllOf, removeTestImage } from '../support/images.ts';
import { engineContract } from './engine.ts';
import { type Mode, newGroup, specOf, type World } from './engine-world.ts';

let worlds = 0;

async function dockerWorld(): Promise<World & { instance: string }> {
  const instance = `lfengine${process.pid}-${++worlds}`;
  const tag = `${instance}/contract:1`;
  const image = await makeTestImage(tag);
  const engine = await DockerEngine.connect({ instance, subnet: '10.210.0.0/16' });
  return {
    instance,
    engine,
    image,
    halfMake: async (group, spec, index) => {
      // A job makes the network; then Docker is told what scale would have told it.
      await engine.run(group, { ...spec, env: { MODE: 'job' } }, () => {}, AbortSignal.timeout(20_000));
      const labels = labelsOf(instance, { role: 'app', group, index, port: spec.port, spec: specHash(spec) });
      const args = Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]);
      const env = Object.entries(spec.env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
      const network = networkName(instance, group.appId);
      const name = containerName(instance, group, index);
      return await docker('create', '--name', name, '--network', network, ...args, ...env, image);
    },
    crash: async ({ id }) => {
      const pid = Number(await docker('inspect', '--format', '{{.State.Pid}}', id));
      process.kill(pid, 'SIGKILL');
    },
    write: async ({ id }, text) => {
      await docker('exec', id, 'sh', '-c', 'echo "$0" >/proc/1/fd/1', text);
    },
    close: async () => {
      await removeAllOf(instance);
      await removeTestImage(tag);
    },
  };
}

describe('the Docker engine', () => {
  engineContract(dockerWorld);
});

describe('the Docker engine, on its own ground', () => {
  let world: World & { instance: string };
  beforeAll(async () => {
    world = await dockerWorld();
  }, 60_000);
  afterAll(() => world.close(), 60_000);

  async function one(mode: Mode, more?: Partial<InstanceSpec>): Promise<Instance> {
    const group = newGroup();
    await world.engine.scale(group, specOf(world.image, mode, more), 1);
    const [instance] = await world.engine.instances(group.appId);
    if (!instance?.dial) throw new Error('no instance');
    return instance;
  }

  const patience = { timeout: 10_000, interval: 50 };

  it('lets no app reach another, and lets the instances of one app reach each other', async () => {
    const target = await one('serve');
    const stranger = await one('silent');
    const sibling = newGroup('worker', target.group.appId);
    await world.engine.scale(sibling, specOf(world.image, 'silent'), 1);
    const friend = (await world.engine.instances(target.group.appId)).find(
      ({ group }) => group.process === 'worker',
    );
    const dial = (id: string): Promise<string> =>
      docker('exec', id, 'nc', '-w', '2', target.dial?.host ?? '', '5000');
    await vi.waitFor(async () => expect(await dial(friend?.id ?? '')).toBe(''), patience);
    await expect(dial(stranger.id)).rejects.toThrow(/timed out|unreachable/);
  });

  it('gives apps that start at once networks of their own', async () => {
    const apps = await Promise.all(Array.from({ length: 4 }, () => one('silent')));
    const ids = apps.map(({ group }) => networkName(world.instance, group.appId));
    const subnets = await docker(
      'network',
      'inspect',
      '--format',
      '{{(index .IPAM.Config 0).Subnet}}',
      ...ids,
    );
    expect(new Set(subnets.split('\n')).size).toBe(4);
    for (const subnet of subnets.split('\n')) expect(subnet).toMatch(/^10\.210\.\d+\.\d+\/26$/);
  });

  it('gives two servers of one host that start at once networks of their own', async () => {
    const other = await dockerWorld();
    try {
      const group = newGroup();
      const spec = specOf(world.image, 'silent');
      await Promise.all([world.engine.scale(group, spec, 1), other.engine.scale(group, spec, 1)]);
      const [mine] = await world.engine.instances(group.appId);
      const [theirs] = await other.engine.instances(group.appId);
      expect(mine?.state).toBe('running');
      expect(theirs?.state).toBe('running');
      expect(mine?.dial).not.toEqual(theirs?.dial);
    } finally {
      await other.close();
    }
  });

  it('confines a generated image: no capability, no new privileges, bounded memory and processes', async () => {
    const { id } = await one('silent');
    const status = await docker('exec', id, 'cat', '/proc/1/status');
    expect(status).toMatch(/^CapEff:\s+0+$/m);
    expect(status).toMatch(/^CapBnd:\s+0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(status).toMatch(/^Uid:\s+1000\s/m);
    const format =
      '{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.PidsLimit}} {{.HostConfig.NanoCpus}}';
    expect(await docker('inspect', '--format', format, id)).toBe('33554432 33554432 50 1000000000');
    await expect(
      docker('exec', id, 'dd', 'if=/dev/zero', 'of=/dev/null', 'bs=100M', 'count=1'),
    ).rejects.toThrow();
  });

  it('keeps the limits when the restart policy changes', async () => {
    const { id, group } = await one('silent');
    await world.engine.scale(group, specOf(world.image, 'silent', { restart: 'unless-stopped' }), 1);
    const format = '{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}';
    expect(await docker('inspect', '--format', format, id)).toBe('unless-stopped 33554432 1000000000');
    await expect(
      docker('exec', id, 'dd', 'if=/dev/zero', 'of=/dev/null', 'bs=100M', 'count=1'),
    ).rejects.toThrow();
  });

  it('stops with SIGTERM first and takes no longer than the grace time', async () => {
    const polite = await one('silent', {
      command: ['sh', '-c', 'trap "echo bye; exit 0" TERM; while :; do sleep 0.1; done'],
    });
    const lines: string[] = [];
    const signal = AbortSignal.timeout(20_000);
    const following = (async () => {
      for await (const { text } of world.engine.logs([polite], { tail: 0, follow: true, signal }))
        lines.push(text);
    })();
    await vi.waitFor(async () => {
      await world.write(polite, 'ready');
      expect(lines).toContain('ready');
    }, patience);
    const started = performance.now();
    await world.engine.remove([polite], 10);
    expect(performance.now() - started).toBeLessThan(5_000);
    await following;
    expect(lines.at(-1)).toBe('bye');
  });

  it('makes the network again when somebody removed it, and takes another address when one is held', async () => {
    const instance = await one('silent');
    const { group } = instance;
    const network = networkName(world.instance, group.appId);
    await world.engine.remove([instance], 1);
    await docker('network', 'rm', network);
    await world.engine.scale(group, specOf(world.image, 'silent'), 1);
    const [again] = await world.engine.instances(group.appId);
    expect(again?.state).toBe('running');
    const next = again?.dial?.host.replace(/\d+$/, (last) => String(Number(last) + 1)) ?? '';
    const label = `landfall.instance=${world.instance}`;
    await docker(
      'run',
      '-d',
      '--network',
      network,
      '--ip',
      next,
      '--label',
      label,
      world.image,
      'sleep',
      '1000',
    );
    await world.engine.scale(group, specOf(world.image, 'silent'), 2);
    const hosts = (await world.engine.instances(group.appId)).map(({ dial }) => dial?.host);
    expect(hosts).toHaveLength(2);
    expect(hosts).not.toContain(undefined);
    expect(hosts).not.toContain(next);
  });

  it('removes the jobs that an interrupted server left', async () => {
    const labels = labelsOf(world.instance, { role: 'job', group: newGroup(), index: 0, port: 0, spec: 'x' });
    const args = Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]);
    const left = await docker('run', '-d', ...args, world.image, 'sleep', '1000');
    await world.engine.sweep();
    await expect(docker('inspect', left)).rejects.toThrow(/no such/i);
  });

  it('leaves a container alone that has the name and is not ours', async () => {
    const group = newGroup();
    const name = containerName(world.instance, group, 0);
    const foreign = await docker('create', '--name', name, world.image);
    try {
      const scaling = world.engine.scale(group, specOf(world.image, 'silent'), 1);
      await expect(scaling).rejects.toMatchObject({ code: 'conflict' });
    } finally {
      await docker('rm', foreign);
    }
  });

  it('says what is wrong with an image that cannot be started', async () => {
    const scale = (spec: Partial<InstanceSpec>): Promise<void> =>
      world.engine.scale(newGroup(), specOf(world.image, 'silent', spec), 1);
    await expect(scale({ image: 'lfengine/none:1' })).rejects.toMatchObject({ code: 'not-found' });
    const tag = `${world.instance}/bare:1`;
    const bare = await makeTestImage(tag, []);
    await expect(scale({ image: bare })).rejects.toMatchObject({ code: 'no-start-command' });
    await removeTestImage(tag);
  });

  it('reads the listeners through a helper when processes are not to be seen', async () => {
    const served = await one('serve');
    const engine = await DockerEngine.connect({
      instance: world.instance,
      subnet: '10.210.0.0/16',
      helperImage: world.image,
      seesProcesses: false,
    });
    await vi.waitFor(
      async () => expect(await engine.listeners(served)).toEqual([{ address: '0.0.0.0', port: 5000 }]),
      patience,
    );
  });

  it('cuts a line of a job and of a log that has no end', async () => {
    const command = ['sh', '-c', 'head -c 40000 /dev/zero | tr "\\0" x'];
    const lines: string[] = [];
    const spec = specOf(world.image, 'job', { command });
    await world.engine.run(newGroup(), spec, (line) => lines.push(line), AbortSignal.timeout(20_000));
    expect(lines.map((line) => line.length)).toEqual([16384, 16384, 7232]);
    const instance = await one('silent', { command: [...command.slice(0, 2), `${command[2]}; sleep 1000`] });
    const signal = AbortSignal.timeout(20_000);
    let read = 0;
    for await (const { text } of world.engine.logs([instance], { tail: 10, follow: true, signal })) {
      expect(text.length).toBeLessThanOrEqual(16384);
      read += text.length;
      if (read >= 32768) break;
    }
  });
});

describe('a Docker daemon that does not answer', () => {
  it('is engine-down, in its own words', async () => {
    const connecting = DockerEngine.connect({
      socketPath: '/nowhere/docker.sock',
      instance: 'lfengine',
      subnet: '10.210.0.0/16',
    });
    await expect(connecting).rejects.toMatchObject({
      code: 'engine-down',
      message: expect.stringContaining('ENOENT'),
    });
  });
});
