import { UserError } from '../errors.ts';

/** Superseded, or the one who waited went away. */
export function whyAborted(signal: AbortSignal): UserError {
  if (signal.reason instanceof UserError) return signal.reason;
  return new UserError(
    'cancelled',
    'The deploy was cancelled before it took traffic.',
    'Push again when you are ready.',
  );
}

/** The branch is no longer where the push found it. */
export function stale(): UserError {
  return new UserError(
    'stale-push',
    'Another push went live meanwhile.',
    'Fetch it (git pull), or push again to replace it.',
  );
}

/** `by` is what came instead. */
export function superseded(by: string): UserError {
  return new UserError('superseded', `This push gave way to ${by}.`, 'Nothing to do: the newer one goes on.');
}
