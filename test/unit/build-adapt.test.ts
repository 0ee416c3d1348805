// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Dockerfiles have them
import { describe, expect, test } from 'vitest';
import { adaptDockerfile } from '../../src/build/adapt.ts';

describe("a user's Dockerfile", () => {
  test('keeps its words, but for the official images, which become arguments', () => {
    const adapted = adaptDockerfile(
      '# syntax=docker/dockerfile:1\n# Ours\nFROM node:22-slim AS build\nRUN x\nFROM --platform=linux/amd64 node:22-slim\nCOPY --from=build /a /a\n',
    );
    expect(adapted?.text).toBe(
      '#\n# Ours\nARG LANDFALL_FROM_1=node:22-slim\nFROM ${LANDFALL_FROM_1} AS build\nRUN x\nFROM --platform=linux/amd64 ${LANDFALL_FROM_1}\nCOPY --from=build /a /a\n',
    );
    expect(adapted?.images).toEqual([
      {
        arg: 'LANDFALL_FROM_1',
        official: 'node:22-slim',
        toolchain: 'node',
        version: '22',
        variant: 'build',
      },
    ]);
  });

  const known: [string, string, string][] = [
    ['node', 'node', '24'],
    ['node:lts', 'node', '24'],
    ['node:20.11.1-bookworm-slim', 'node', '20.11.1'],
    ['docker.io/library/python:3.12-slim-bookworm', 'python', '3.12'],
    ['golang:1.25', 'go', '1.25'],
    ['debian:bookworm-slim', 'debian', 'bookworm'],
    ['denoland/deno:2.1.4', 'deno', '2.1.4'],
  ];
  for (const [reference, toolchain, version] of known)
    test(`${reference} is ${toolchain} ${version}`, () => {
      expect(adaptDockerfile(`FROM ${reference}\n`)?.images[0]).toMatchObject({
        official: reference,
        toolchain,
        version,
      });
    });

  for (const reference of [
    'node:22-alpine',
    'scratch',
    'build',
    '${BASE}',
    'ghcr.io/me/node:22',
    'landfall-base/node:24',
    'node@sha256:abc',
  ])
    test(`${reference} is left as it is`, () => {
      expect(adaptDockerfile(`FROM ${reference}\nRUN x\n`)).toBeNull();
    });
});
