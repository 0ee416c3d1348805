import { describe } from 'vitest';
import { FakeEngine } from '../support/fake-engine.ts';
import { engineContract } from './engine.ts';

describe('the fake engine', () => {
  engineContract(async () => {
    const engine = new FakeEngine({
      boot: (_group, { env }) => {
        const output = [`mode ${env.MODE} on port ${env.PORT}`];
        switch (env.MODE) {
          case 'crash':
            return { kind: 'crashes', exitCode: 7, output, errors: ['cannot start'] };
          case 'greedy':
            return { kind: 'crashes', exitCode: 137, outOfMemory: true, output };
          case 'loopback':
            return { kind: 'loopback', output };
          case 'silent':
            return { kind: 'silent', output };
          default:
            return { kind: 'serves', output };
        }
      },
      job: (_group, { env }) => {
        const first = `mode ${env.MODE} on port ${env.PORT}`;
        if (env.MODE === 'endless') return { forever: true, output: [first] };
        return { exitCode: 3, output: [first, 'done', 'and a warning'] };
      },
    });
    return {
      engine,
      image: 'any',
      halfMake: async (group, spec, index) => engine.create(group, spec, index).id,
      crash: ({ id }) => engine.crash(id, 137),
      write: async ({ id }, text) => engine.write(id, text),
      close: () => engine.close(),
    };
  });
});
