import { expect, test } from 'vitest';
import { buildFailure } from '../../src/build/buildkit/failure.ts';
import { Progress } from '../../src/build/buildkit/progress.ts';
import type { Vertex } from '../../src/build/buildkit/proto.ts';
import { command, readable, showSeconds, title } from '../../src/build/buildkit/words.ts';

function vertex(digest: string, name: string, more: Partial<Vertex> = {}): Vertex {
  return { digest, name, cached: false, started: 100, completed: null, error: '', ...more };
}

function follow() {
  const lines: string[] = [];
  return { lines, progress: new Progress((line) => lines.push(line)) };
}

test('output of two stages at once says again which step it belongs to', () => {
  const { lines, progress } = follow();
  const a = vertex('a', '[one 2/3] RUN make a');
  const b = vertex('b', '[two 2/3] RUN make b');
  progress.update({ vertexes: [a], logs: [{ vertex: 'a', text: 'a1\n' }] });
  progress.update({ vertexes: [b], logs: [{ vertex: 'b', text: 'b1\n' }] });
  progress.update({ vertexes: [], logs: [{ vertex: 'a', text: 'a2\n' }] });
  expect(lines).toEqual([
    '[one 2/3] RUN make a',
    '      a1',
    '[two 2/3] RUN make b',
    '      b1',
    '[one 2/3] RUN make a',
    '      a2',
  ]);
});

test('a line that comes in pieces is printed once it is whole, or when its step ends', () => {
  const { lines, progress } = follow();
  const step = vertex('a', '[2/2] RUN x');
  progress.update({ vertexes: [step], logs: [{ vertex: 'a', text: 'half' }] });
  expect(lines).toEqual(['[2/2] RUN x']);
  progress.update({ vertexes: [], logs: [{ vertex: 'a', text: ' and half\nrest' }] });
  progress.update({ vertexes: [{ ...step, completed: 102.14 }], logs: [] });
  expect(lines.slice(1)).toEqual(['      half and half', '      rest', '[2/2] RUN x … 2.1s']);
});

test('a step reported as ended many times is printed once, and a progress bar that repeats itself too', () => {
  const { lines, progress } = follow();
  const step = vertex('a', '[2/2] RUN x', { completed: 100.5 });
  const logs = [{ vertex: 'a', text: '10%\r100%\n100%\n' }];
  progress.update({ vertexes: [step], logs });
  progress.update({ vertexes: [step], logs: [] });
  expect(lines).toEqual(['[2/2] RUN x', '      100%', '[2/2] RUN x … 0.5s']);
});

test("BuildKit's own quick steps stay silent, slow ones do not", () => {
  const { lines, progress } = follow();
  progress.update({
    logs: [],
    vertexes: [
      vertex('a', '[internal] load build definition from Dockerfile', { completed: 100.1 }),
      vertex('b', '[1/2] FROM docker.io/library/node:24', { completed: 100.1, cached: true }),
      vertex('c', 'exporting to image', { completed: 101.5 }),
    ],
  });
  expect(lines).toEqual(['exporting to image … 1.5s']);
});

test('the step that failed is told from those that were given up with it', () => {
  const { progress } = follow();
  const error = 'executor failed running [/bin/sh -c npm ci]: exit code: 1';
  progress.update({
    logs: [{ vertex: 'b', text: 'npm error missing: left-pad\n' }],
    vertexes: [
      vertex('a', '[two 2/2] RUN sleep 9', { completed: 101, error: 'context canceled' }),
      vertex('b', '[one 2/2] RUN --mount=type=cache,target=/root/.npm export A=1 B=2; npm ci', {
        completed: 101,
        error,
      }),
    ],
  });
  expect(progress.failed()).toEqual({ step: 'RUN npm ci', error, output: ['npm error missing: left-pad'] });
});

test('a line is printed without terminal codes, only what a carriage return left, and not longer than 2,000 characters', () => {
  expect(readable('\u001b[1m\u001b[31mred\u001b[0m\u001b[K plain\t!\u0007')).toBe('red plain    !');
  expect(readable('10 %\r20 %\r')).toBe('20 %');
  expect(readable('x'.repeat(5000))).toBe(`${'x'.repeat(2000)} … (5000 characters)`);
});

test("an instruction is shown without mounts, exports and the trust in the host's authorities", () => {
  const trust = 'if [ -s /etc/ssl/ca.crt ]; then export NODE_EXTRA_CA_CERTS=/x SSL_CERT_FILE=/x; fi;';
  expect(
    command(`[build 3/7] RUN --mount=type=secret,id=ca --mount=type=cache,target=/c ${trust}     npm ci`),
  ).toBe('RUN npm ci');
  expect(command('[2/2] RUN A=1 npm run build')).toBe('RUN npm run build');
  expect(command('[2/2] RUN export A=1')).toBe('RUN export A=1');
  expect(title('[stage-1 2/4] COPY package.json ./')).toBe('[2/4] COPY package.json ./');
  expect(showSeconds(75)).toBe('1m 15s');
});

const failed = (output: string[]) => ({ step: 'RUN npm ci', error: 'exit code: 1', output });

test('of the output of a failed step the telling lines are kept, not the noise after them', () => {
  const noise = Array.from({ length: 8 }, (_, index) => `  at run (file:///x/${index}.js:1:2)`);
  const error = buildFailure(
    '… exit code: 1',
    failed(['Error: Cannot find module', ...noise, '', '}', 'Node.js v24.1.0']),
  );
  expect(error.message).toBe('`RUN npm ci` ended with exit code 1:\nError: Cannot find module');
  const far = ['before', 'ERROR: it broke', ...Array.from({ length: 9 }, (_, index) => `count ${index}`)];
  expect(buildFailure('exit code: 1', failed(far)).message).toContain('\nERROR: it broke\ncount 0\n');
});

test('a full disk is the server at fault, not the app', () => {
  expect(
    buildFailure('exit code: 1', failed(['npm error ENOSPC: no space left on device, write'])).code,
  ).toBe('disk-full');
  expect(buildFailure('failed to copy: write /var/lib/docker: no space left on device', null).code).toBe(
    'disk-full',
  );
});

test('a command that is not there and one that was killed each get their own next step', () => {
  expect(buildFailure('exit code: 127', failed([])).hint).toContain('not found');
  expect(buildFailure('exit code: 137', failed([])).hint).toContain('memory');
});
