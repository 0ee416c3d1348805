import type { Engine } from '../../engine/engine.ts';
import { UserError } from '../../errors.ts';
import { instanceSpec } from '../../instances/spec.ts';
import { deadline } from '../../loop.ts';
import type { App, Deploy, Release } from '../../types.ts';
import type { DeployLog } from '../log.ts';

const releaseMinutes = 15;

/** Runs the `release` process (migrations) in the new image with the new config, once. Throws UserError `release-failed`. */
export async function releaseStep(
  engine: Engine,
  job: { app: App; deploy: Deploy; release: Release; log: DeployLog },
  signal: AbortSignal,
): Promise<void> {
  const { app, deploy, release, log } = job;
  const command = release.processes.release;
  if (command === undefined) return;
  const group = { appId: app.id, process: 'release', deploy: deploy.id, release: release.version };
  const tooLong = new UserError(
    'release-failed',
    `The release command ran longer than ${releaseMinutes} minutes and was stopped.`,
    'Run long work in a process of its own.',
  );
  const limit = deadline(releaseMinutes * 60_000, tooLong, signal);
  try {
    const spec = instanceSpec(app, release, 'release', 'no');
    const code = await engine.run(group, spec, (line) => log.line(`  release | ${line}`), limit.signal);
    if (code !== 0)
      throw new UserError(
        'release-failed',
        `The release command (${command}) ended with exit code ${code}.`,
        'Its lines above say why. The old release still serves; what the command did to a database stays.',
      );
    log.step('release', `${command} ended well`);
  } finally {
    limit.done();
  }
}
