import { UserError } from '../../errors.ts';
import type { FailedStep } from './progress.ts';

const noise =
  /A complete log of this run|^npm (error|ERR!)\s*(\/|$)|^npm notice|^\s*at (?:\S+ \(|\S*node:|file:)|^Node\.js v\d|^[\s\-=^~{}()[\];,]*$/;
const telling =
  /error|cannot|can't|could not|unable|not found|fail|missing|denied|refused|invalid|no such|fatal/i;

/** At most five lines of the end of the output; where these tell nothing, the ones from the last line that does. */
function lastWords(output: readonly string[]): string[] {
  const lines = output.filter((line) => !noise.test(line));
  const last = lines.slice(-5);
  if (last.some((line) => telling.test(line))) return last;
  const index = lines.findLastIndex((line) => telling.test(line));
  return index === -1 ? last : lines.slice(index, index + 5);
}

/** What a failed build means to the one who pushed: which step, why, what to do. */
export function buildFailure(error: string, failed: FailedStep | null): UserError {
  const output = failed?.output ?? [];
  const text = [error, failed?.error ?? '', ...output.slice(-15)].join('\n');
  if (/no space left on device|disk quota exceeded/i.test(text)) {
    return new UserError(
      'disk-full',
      `The server's disk is full${failed ? `: \`${failed.step}\` could not write` : ''}.`,
      'Free space on the server (docker system df shows what uses it), then push again.',
    );
  }
  const exit = /exit code: (\d+)/.exec(error)?.[1] ?? /exit code: (\d+)/.exec(failed?.error ?? '')?.[1];
  if (failed && exit) {
    const last = lastWords(output);
    const tail = last.length > 0 ? `:\n${last.join('\n')}` : ' and printed nothing.';
    const hint =
      exit === '137'
        ? 'Exit code 137 means that it was killed, most often for want of memory: build with less parallelism, or give the server more memory.'
        : exit === '127'
          ? 'Exit code 127 means that the command was not found: install it in an earlier step, or correct its name.'
          : `Run the same command in a fresh clone, mend what it says, then commit and push again.`;
    return new UserError('build-failed', `\`${failed.step}\` ended with exit code ${exit}${tail}`, hint);
  }
  return otherFailure(clean(error), failed);
}

/** BuildKit's own complaints: a Dockerfile it cannot read, a base it cannot have, a file that is not there. */
function otherFailure(reason: string, failed: FailedStep | null): UserError {
  const fail = (message: string, hint: string) => new UserError('build-failed', message, hint);
  const step = failed && !/^(load |https?:)/.test(failed.step) ? `\`${failed.step}\`` : 'The Dockerfile';
  const base = /load metadata for (\S+)/.exec(failed?.step ?? '')?.[1];
  if (
    /frontend|docker\/dockerfile/.test(reason) &&
    /resolve|pull|no such host|failed to do request/.test(reason)
  ) {
    return fail(
      `The line \`# syntax=…\` of the Dockerfile asks for a frontend that cannot be fetched (${reason}).`,
      'Remove that line; the frontend that is built in is used then.',
    );
  }
  if (base && /not found|no such host|failed to do request|pull access|dial|timeout|denied/i.test(reason)) {
    return fail(
      `The base image ${base.replace('docker.io/library/', '')} is not on this server and cannot be pulled (${reason}).`,
      'Check its name, or put it on the server: docker pull there, or docker save on another machine and docker load on the server.',
    );
  }
  const missing = /"\/([^"]+)" not found|"?\/([^\s"]+)"?: not found|lstat .*?\/([^\s:/]+): no such file/.exec(
    reason,
  );
  if (missing && /COPY|ADD/.test(failed?.step ?? reason)) {
    return fail(
      `${step}: ${missing[1] ?? missing[2] ?? missing[3]} is not in the commit, or .dockerignore leaves it out.`,
      'Commit the file (git status, and .gitignore, show why it is missing), or correct the path; then push again.',
    );
  }
  if (/unknown instruction|unknown flag|parse error|dockerfile/i.test(reason)) {
    return fail(
      `The Dockerfile cannot be read: ${reason}.`,
      "Correct that line. What needs `# syntax=docker/dockerfile:1` (heredocs, COPY --link) is not in this server's engine.",
    );
  }
  return fail(`${step} failed: ${reason}.`, 'Mend what it says, then push again.');
}

/** Without the layers of words that BuildKit puts in front of the reason. */
function clean(error: string): string {
  return error
    .replace(
      /^(rpc error: code = \w+ desc = |failed to solve(?: with frontend \S+)?: |failed to create LLB definition: )+/g,
      '',
    )
    .replace(/[\s.]+$/, '');
}
