import { type Buildpack, evidence, nothingToRun, weight } from './buildpack.ts';
import { debianStage } from './shell.ts';

/** A Procfile and no stack that is known: its commands on plain Debian. */
export const procfile: Buildpack = {
  stack: 'procfile',

  detect(ctx) {
    const names = Object.keys(ctx.procfile);
    if (names.length === 0) return null;
    return {
      role: 'server',
      evidence: [evidence('Procfile', 'processes', names.join(', '), weight.sources)],
    };
  },

  plan(ctx) {
    if (Object.keys(ctx.procfile).length === 0) {
      throw nothingToRun(
        'There is no Procfile with a process.',
        'Add a Procfile with a line such as "web: ./server".',
      );
    }
    return {
      framework: null,
      packageManager: null,
      version: null,
      static: false,
      start: ctx.procfile.web ?? null,
      stages: [debianStage(ctx.at(''), "The Procfile's commands, with what Debian has.")],
      warnings: [],
    };
  },
};
