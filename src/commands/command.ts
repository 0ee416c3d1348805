import type { Static, TObject } from '@sinclair/typebox';
import type { Settings } from '../config.ts';
import type { Deployer } from '../deploy/deployer.ts';
import type { Builder, Engine } from '../engine/engine.ts';
import type { Reconciler } from '../instances/reconciler.ts';
import type { Proxy } from '../proxy/routes.ts';
import type { Store } from '../store/store.ts';
import type { Actor, App, AppId, Right } from '../types.ts';

/** What commands work with. */
export interface Tools {
  settings: Settings;
  store: Store;
  engine: Engine;
  builder: Builder;
  proxy: Proxy;
  deployer: Deployer;
  reconciler: Reconciler;
  repositories: { create(appId: AppId): Promise<void>; remove(appId: AppId): Promise<void> };
}

/** Who asks, and how to talk to them while it runs. */
export interface Call {
  tools: Tools;
  actor: Actor;
  /** Progress, for a person; not part of the result. */
  say(line: string): void;
  /** What was piped in, for values that should not stand on a command line. */
  stdin?: string;
  signal: AbortSignal;
}

/** What a command answers: a value, and how a person reads it. A stream goes on until its end or the signal. */
export type Answer =
  | { kind: 'value'; value: unknown; text: readonly string[] }
  | { kind: 'stream'; items: AsyncIterable<{ value: unknown; text: string }> };

/**
 * One thing that a person can ask for, listed once in index.ts: the command line, the HTTP API and its description are made
 * from this. `app` is the first argument of every command that is about an app; `call.app` is then there and allowed.
 */
export interface Command {
  /** `config set` */
  name: string;
  summary: string;
  /** What the actor must have; checked by run.ts before anything else. */
  right: Right;
  /** `app`: about one app, the first argument. `new-app`: names an app that does not exist yet. `server`: neither. */
  scope: 'app' | 'new-app' | 'server';
  /** It shows each actor what they may see: a token for one app may ask too. */
  filtered?: boolean;
  /** When given, an unknown app is created, as by a first push, unless this throws: nothing is created for a wrong input. */
  creates?(input: Record<string, unknown>, call: Call): void;
  method: 'GET' | 'POST' | 'DELETE';
  /** Below /api/v1; `:app` and `:x` are inputs. */
  path: string;
  input: TObject;
  /** Inputs by position, after the app; a last one ending in `...` takes the rest. */
  positional: readonly string[];
  /** Single letters for options. */
  short?: Record<string, string>;
  run(call: Call & { app: App }, input: Record<string, unknown>): Promise<Answer>;
}

/** Types `run` by the schema of its input; the door has validated it. */
export function command<Input extends TObject>(
  definition: Omit<Command, 'run' | 'creates' | 'input' | 'positional'> & {
    input: Input;
    positional?: readonly string[];
    creates?(input: Static<Input>, call: Call): void;
    run(call: Call & { app: App }, input: Static<Input>): Promise<Answer>;
  },
): Command {
  const { creates } = definition;
  return {
    positional: [],
    ...definition,
    ...(creates
      ? { creates: (input: Record<string, unknown>, call: Call) => creates(input as Static<Input>, call) }
      : {}),
    run: (call, input) => definition.run(call, input as Static<Input>),
  };
}

export function value(value: unknown, ...text: string[]): Answer {
  return { kind: 'value', value, text };
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** 3 s, 5 min, 2 h, 4 d. */
export function ago(time: string, now = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(time)) / 1000));
  if (seconds < 120) return `${seconds} s ago`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} d ago`;
}
