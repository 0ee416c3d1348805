/** A git door in a process of its own, to be killed; its deploys never end. Prints its home, a push address, `ready`. */
import { GitWorld } from './git-world.ts';

const world = await GitWorld.start();
world.pushes.decide = (_request, log) => {
  log('deploying');
  console.log('deploying');
  return new Promise(() => {});
};
console.log(`${world.home}\n${world.url('shop')}\nready`);
