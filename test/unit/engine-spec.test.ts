import { describe, expect, it } from 'vitest';
import { apiVersion } from '../../src/engine/api.ts';
import { confine, openFilesLimit } from '../../src/engine/confine.ts';
import type { InstanceSpec } from '../../src/engine/engine.ts';
import { type Identity, identityOf, labelsOf, specHash } from '../../src/engine/labels.ts';

const spec: InstanceSpec = {
  image: 'sha256:1',
  command: ['sh', '-c', 'exec node x'],
  env: { A: '1', B: '2' },
  port: 5000,
  limits: { memoryBytes: 512, cpus: 0.5, pids: 100 },
  confine: 'generated',
  restart: 'no',
  stopSeconds: 10,
};
const host = { cores: 2, openFiles: 1_048_576 };

describe('the hash of a spec', () => {
  it('does not change with the restart policy or the order of the variables', () => {
    expect(specHash({ ...spec, restart: 'unless-stopped', env: { B: '2', A: '1' } })).toBe(specHash(spec));
  });

  it.each<Partial<InstanceSpec>>([
    { image: 'sha256:2' },
    { command: null },
    { env: { A: '1', B: '3' } },
    { port: 5001 },
    { limits: { memoryBytes: 513, cpus: 0.5, pids: 100 } },
    { confine: 'custom' },
    { stopSeconds: 11 },
  ])('changes with %o', (change) => {
    expect(specHash({ ...spec, ...change })).not.toBe(specHash(spec));
  });
});

describe('confinement', () => {
  it('leaves a generated image no capability', () => {
    expect(confine(spec, host)).toMatchObject({ CapDrop: ['ALL'], CapAdd: [], Init: true });
  });

  it("leaves a user's image what it needs to change its user, and no raw network", () => {
    const { CapAdd } = confine({ ...spec, confine: 'custom' }, host);
    expect(CapAdd).toContain('SETUID');
    for (const raw of ['NET_RAW', 'MKNOD', 'AUDIT_WRITE', 'SYS_CHROOT', 'SYS_ADMIN'])
      expect(CapAdd).not.toContain(raw);
  });

  it('asks for no more cores and files than the host can give', () => {
    const most = confine({ ...spec, limits: { ...spec.limits, cpus: 8 } }, { cores: 2, openFiles: 20_000 });
    expect(most.NanoCpus).toBe(2e9);
    expect(most.Ulimits).toEqual([{ Name: 'nofile', Soft: 20_000, Hard: 20_000 }]);
    expect(confine(spec, host).Ulimits).toEqual([{ Name: 'nofile', Soft: 65_536, Hard: 65_536 }]);
    expect(confine(spec, { cores: 2, openFiles: null }).Ulimits).toBeUndefined();
  });

  it('reads how many files may be open', () => {
    expect(
      openFilesLimit(
        'Max processes   1  2  processes\nMax open files            1024                 20000   files\n',
      ),
    ).toBe(20_000);
    expect(openFilesLimit('Max open files            1024                 unlimited   files\n')).toBeNull();
  });
});

describe('labels', () => {
  const group = { appId: 'a1', process: 'web', deploy: 12, release: 3 };
  const identity: Identity = { role: 'app', group, index: 1, port: 5000, spec: 'abc' };
  const labels = labelsOf('landfall', identity);

  it('say all that is needed to recognise an instance', () => {
    expect(identityOf('landfall', labels)).toEqual(identity);
  });

  it('of others are no instance of ours', () => {
    expect(identityOf('other', labels)).toBeNull();
    expect(identityOf('landfall', null)).toBeNull();
    expect(identityOf('landfall', { ...labels, 'landfall.role': 'proxy' })).toBeNull();
    for (const name of Object.keys(labels))
      expect(identityOf('landfall', { ...labels, [name]: '' })).toBeNull();
    expect(identityOf('landfall', { ...labels, 'landfall.index': '1e3' })).toBeNull();
  });
});

describe('the API version', () => {
  it.each([
    ['1.41', '1.12', '1.41'],
    ['1.51', '1.24', '1.41'],
    ['1.52', '1.44', '1.44'],
  ])('of an engine that speaks up to %s and from %s is %s', (newest, oldest, spoken) => {
    expect(apiVersion(newest, oldest)).toBe(spoken);
  });

  it('of an engine before 20.10 is none', () => {
    expect(() => apiVersion('1.40', '1.12')).toThrow(/1\.41/);
  });
});
