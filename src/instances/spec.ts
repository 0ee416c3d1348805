import type { InstanceSpec } from '../engine/engine.ts';
import type { App, Limits, Release } from '../types.ts';

/** What a release gets when nobody said otherwise. */
export const defaultLimits: Limits = { memoryBytes: 512 * 1024 * 1024, cpus: 0, pids: 512 };

/** Between SIGTERM and SIGKILL. */
export const stopSeconds = 10;

/** Pure: how an instance of a process of this release is run. The app's own config never hides what we tell it. */
export function instanceSpec(
  app: App,
  release: Release,
  process: string,
  restart: InstanceSpec['restart'],
): InstanceSpec {
  return {
    image: release.image,
    command: shellCommand(release.processes[process] ?? null),
    env: {
      ...release.config,
      PORT: String(release.port),
      LANDFALL_APP: app.name,
      LANDFALL_RELEASE: `v${release.version}`,
      SOURCE_VERSION: release.commit,
    },
    port: release.port,
    limits: release.limits,
    confine: release.confine,
    restart,
    stopSeconds,
  };
}

/** A simple command replaces the shell, so that SIGTERM reaches the app; one with operators keeps it. */
export function shellCommand(line: string | null): string[] | null {
  if (line === null) return null;
  const simple = !/[;&|<>(){}`\n]|^\s*(exec|cd|export|if|for|while|case|set|\w+=)(\s|$|\S)/.test(line);
  return ['sh', '-c', simple ? `exec ${line}` : line];
}
