import { appCommands } from './apps.ts';
import type { Command } from './command.ts';
import { configCommands } from './config.ts';
import { deployCommands } from './deploys.ts';
import { doctorCommands } from './doctor.ts';
import { logCommands } from './logs.ts';
import { processCommands } from './processes.ts';
import { releaseCommands } from './releases.ts';
import { tokenCommands } from './tokens.ts';

/** Everything that can be asked for, once. Doors serve this list and nothing else. */
export const commands: readonly Command[] = [
  ...appCommands,
  ...releaseCommands,
  ...processCommands,
  ...logCommands,
  ...configCommands,
  ...deployCommands,
  ...tokenCommands,
  ...doctorCommands,
];
