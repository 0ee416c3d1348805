import { type Buildpack, evidence, weight } from './buildpack.ts';
import { images } from './lib/images.ts';

const scripts = ['start.sh', 'run.sh'];

/** A start.sh in the root and nothing better: Debian and that script. */
export const shell: Buildpack = {
  stack: 'shell',

  detect(ctx) {
    const script = ctx.tree.first(...scripts);
    if (script === null) return null;
    const value = script === 'start.sh' ? weight.entry : weight.sources;
    return { role: 'server', evidence: [evidence(script, 'script', 'start script', value)] };
  },

  plan(ctx) {
    const script = ctx.tree.first(...scripts) ?? 'start.sh';
    const shebang = /^#!\s*(?:\/usr)?\/(?:local\/)?bin\/(?:env\s+)?(\w+)/.exec(
      ctx.tree.read(script) ?? '',
    )?.[1];
    const interpreter = shebang === 'bash' ? 'bash' : 'sh';
    return {
      framework: null,
      packageManager: null,
      version: null,
      static: false,
      start: `${interpreter} ${script}`,
      stages: [debianStage(ctx.at(''), `Runs ${script} with what Debian has.`)],
      warnings: [],
    };
  },
};

/** The source on plain Debian. */
export function debianStage(from: string, why: string) {
  return {
    name: 'runtime',
    from: images.debian(),
    why,
    steps: [
      { do: 'workdir', path: '/app' },
      { do: 'copy', paths: [from === '' ? '.' : `${from}/`], to: './', owned: true },
      { do: 'run', commands: ['chown 1000:1000 /app'] },
    ],
  } as const;
}
