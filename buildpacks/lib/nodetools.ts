import type { Stage, Step } from '../buildpack.ts';
import { images } from './images.ts';

/** Node and npm for the build stage of another language, whose own build calls them. */
export const nodeStage: Stage = {
  name: 'node',
  from: images.nodeBuild('24'),
  why: 'Its programs build the assets.',
  steps: [],
};

/** Copies them in; both images must have the same libc, as the official ones and ours do. */
export const nodeTools: readonly Step[] = [
  { do: 'copy', from: 'node', paths: ['/usr/local/bin/node'], to: '/usr/local/bin/' },
  { do: 'copy', from: 'node', paths: ['/usr/local/lib/node_modules/'], to: '/usr/local/lib/node_modules/' },
  {
    do: 'run',
    commands: [
      'ln -sf ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm',
      'ln -sf ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx',
    ],
  },
];
