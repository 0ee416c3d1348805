import type { Step } from '../buildpack.ts';

/** Installs Debian packages; lists and archives stay in cache mounts, out of the layer. */
export function apt(packages: readonly string[], why: string): Step {
  return {
    do: 'run',
    why,
    network: true,
    caches: [
      { id: 'apt', target: '/var/cache/apt', sharing: 'locked' },
      { id: 'apt-lists', target: '/var/lib/apt/lists', sharing: 'locked' },
    ],
    commands: [
      'apt-get update -qq',
      `apt-get install -y -qq --no-install-recommends ${[...packages].sort().join(' ')} >/dev/null`,
    ],
  };
}

/** Debian's authorities and time zones from another stage, for images that have none (slim ones, scratch). */
export function certificates(stage: string): Step {
  return {
    do: 'copy',
    from: stage,
    paths: ['/etc/ssl/certs/ca-certificates.crt'],
    to: '/etc/ssl/certs/',
    why: 'So that the app can verify the servers it calls.',
  };
}
