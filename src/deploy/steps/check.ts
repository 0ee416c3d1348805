import type { Engine } from '../../engine/engine.ts';
import { type Probe, probe } from '../../instances/probe.ts';
import type { Reconciler } from '../../instances/reconciler.ts';
import { pause } from '../../loop.ts';
import type { Deploy, Instance, Release } from '../../types.ts';
import { type BootFacts, diagnoseBoot } from '../diagnose.ts';
import type { DeployLog } from '../log.ts';

export interface CheckParts {
  engine: Engine;
  reconciler: Reconciler;
}

export interface Check {
  deploy: Deploy;
  release: Release;
  host: string;
  instances: readonly Instance[];
  log: DeployLog;
  signal: AbortSignal;
}

/** How often the engine is asked whether the instance still lives. */
const lifeEveryMs = 300;
/** An app that listens elsewhere says so soon; looked at twice, so that one that is still starting is not judged. */
const listenersAtMs = [4000, 9000, 20_000, 40_000];
/** After its first answer at or above 500 it has this long to become well. */
const unwellMs = 8000;
/** A process without a port is up when it has lived this long. */
const steadyMs = 1500;

/** Resolves when every instance has proven itself; throws the diagnosis (UserError) of the first that did not. */
export async function checkInstances(parts: CheckParts, check: Check): Promise<void> {
  await Promise.all(check.instances.map((instance) => checkOne(parts, check, instance)));
}

async function checkOne(parts: CheckParts, check: Check, instance: Instance): Promise<void> {
  const { release, signal } = check;
  const isWeb = instance.group.process === 'web';
  const began = performance.now();
  const bootMs = release.health.bootSeconds * 1000;
  const seen: Seen = { status: null, silent: false, listeners: [], firstBad: null };
  const looks = [...listenersAtMs];
  let lifeLooked = began;
  for (let wait = 5; ; wait = Math.min(wait * 1.3, 250)) {
    signal.throwIfAborted();
    const age = performance.now() - began;
    if (isWeb && instance.dial) {
      const answer = await probe(instance.dial, release.health.path, check.host, 5000);
      if (answer.kind === 'answered' && answer.status < 500) {
        parts.reconciler.markProven(instance);
        check.log.step(
          'check',
          `${name(instance)} answered GET ${release.health.path} with ${answer.status}`,
        );
        return;
      }
      note(seen, answer, age);
    } else if (age > steadyMs) {
      check.log.step('check', `${name(instance)} keeps running`);
      return;
    }
    const overdue = age > bootMs || (seen.firstBad !== null && age - seen.firstBad > unwellMs);
    if (performance.now() - lifeLooked > lifeEveryMs || overdue) {
      lifeLooked = performance.now();
      const now = await look(parts, instance);
      if (now === null || now.state === 'exited') throw await verdict(parts, check, now ?? instance, seen);
    }
    if (overdue) throw await verdict(parts, check, instance, seen);
    if (isWeb && seen.status === null && !seen.silent && age > (looks[0] ?? Number.POSITIVE_INFINITY)) {
      looks.shift();
      if (await listensElsewhere(parts, release.port, instance, seen))
        throw await verdict(parts, check, instance, seen);
    }
    await pause(wait, signal);
  }
}

interface Seen {
  status: number | null;
  silent: boolean;
  listeners: readonly { address: string; port: number }[];
  /** Age at the first answer that was not well. */
  firstBad: number | null;
}

function note(seen: Seen, answer: Probe, age: number): void {
  if (answer.kind === 'answered') {
    seen.status = answer.status;
    seen.firstBad ??= age;
  }
  if (answer.kind === 'silent') seen.silent = true;
}

/** True when it listens, but not where it is asked, at two looks in a row. */
async function listensElsewhere(
  parts: CheckParts,
  port: number,
  instance: Instance,
  seen: Seen,
): Promise<boolean> {
  const listeners = await parts.engine.listeners(instance).catch(() => []);
  const before = seen.listeners;
  seen.listeners = listeners;
  const open = listeners.some((one) => one.port === port && !/^(127\.|::1$)/.test(one.address));
  if (open || listeners.length === 0) return false;
  return before.length > 0;
}

async function look(parts: CheckParts, instance: Instance): Promise<Instance | null> {
  const all = await parts.reconciler.instancesOf(instance.group.appId, instance.group.deploy);
  return all.find((one) => one.id === instance.id) ?? null;
}

/** Gathers the facts, shows the app's last lines, and names the cause. */
async function verdict(parts: CheckParts, check: Check, instance: Instance, seen: Seen): Promise<Error> {
  const { release } = check;
  const output: string[] = [];
  const limit = AbortSignal.timeout(3000);
  try {
    for await (const line of parts.engine.logs([instance], { tail: 20, follow: false, signal: limit }))
      output.push(line.text);
  } catch {
    // The verdict stands without the lines too.
  }
  for (const line of output) check.log.line(`  ${name(instance)} | ${line}`);
  const running = instance.state !== 'exited';
  const listeners =
    running && seen.status === null ? await parts.engine.listeners(instance).catch(() => []) : [];
  const facts: BootFacts = {
    port: release.port,
    healthPath: release.health.path,
    bootSeconds: release.health.bootSeconds,
    process: instance.group.process,
    command: release.processes[instance.group.process] ?? null,
    exitCode: running ? null : instance.exitCode,
    outOfMemory: instance.outOfMemory,
    memoryBytes: release.limits.memoryBytes,
    listeners: listeners.length > 0 ? listeners : seen.listeners,
    status: seen.status,
    silent: seen.silent,
    output,
  };
  return diagnoseBoot(facts);
}

/** web.1, web.2 …: how a person counts. */
export function name(instance: Instance): string {
  return `${instance.group.process}.${instance.index + 1}`;
}
