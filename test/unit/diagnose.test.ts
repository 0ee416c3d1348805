import { describe, expect, test } from 'vitest';
import { type BootFacts, diagnoseBoot } from '../../src/deploy/diagnose.ts';

const well: BootFacts = {
  port: 5000,
  healthPath: '/',
  bootSeconds: 60,
  process: 'web',
  command: 'node server.js',
  exitCode: null,
  outOfMemory: false,
  memoryBytes: 512 * 1048576,
  listeners: [],
  status: null,
  silent: false,
  output: [],
};

const cases: [string, Partial<BootFacts>, string, RegExp][] = [
  ['killed for memory', { outOfMemory: true, exitCode: 137 }, 'out-of-memory', /512 MB/],
  [
    'a missing package',
    { exitCode: 1, output: ["Error: Cannot find module 'express'"] },
    'boot-crash',
    /express is not installed/,
  ],
  [
    'a missing file',
    { exitCode: 1, output: ["Error: Cannot find module '/app/server.js'"] },
    'boot-crash',
    /\/app\/server\.js is not in the image/,
  ],
  [
    'a missing Python module',
    { exitCode: 1, output: ["ModuleNotFoundError: No module named 'flask'"] },
    'boot-crash',
    /flask is not installed/,
  ],
  [
    'a missing variable',
    { exitCode: 1, output: ["KeyError: 'DATABASE_URL'"] },
    'boot-crash',
    /DATABASE_URL is not set/,
  ],
  [
    'an unknown program',
    { exitCode: 127, output: ['sh: 1: exec: gunicorn: not found'] },
    'boot-crash',
    /can't be run/,
  ],
  ['an end without error', { exitCode: 0 }, 'boot-crash', /exit code 0/],
  ['anything else', { exitCode: 3, output: ['boom'] }, 'boot-crash', /exit code 3.*boom/],
  ['answers 500', { status: 500 }, 'http-5xx', /500/],
  ['answers nothing', { silent: true }, 'never-listened', /did not answer/],
  [
    'loopback only',
    { listeners: [{ address: '127.0.0.1', port: 5000 }] },
    'loopback-only',
    /127\.0\.0\.1:5000/,
  ],
  ['IPv6 loopback only', { listeners: [{ address: '::1', port: 5000 }] }, 'loopback-only', /\[::1\]:5000/],
  ['another port', { listeners: [{ address: '0.0.0.0', port: 7777 }] }, 'wrong-port', /7777.*5000/],
  ['no port', {}, 'never-listened', /did not listen on port 5000/],
];

describe('why an instance did not come up', () => {
  for (const [title, facts, code, message] of cases)
    test(`${title} is ${code}, with a next step`, () => {
      const error = diagnoseBoot({ ...well, ...facts });
      expect(error.code).toBe(code);
      expect(error.message).toMatch(message);
      expect(error.hint.length).toBeGreaterThan(10);
    });
});
