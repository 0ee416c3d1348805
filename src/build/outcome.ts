import type { AppVariable } from '../../buildpacks/appjson.ts';
import type { BaseImage, Candidate, Evidence, Stack, Version, Warning } from '../../buildpacks/buildpack.ts';
import type { ProcessCommands } from '../types.ts';

/** The name of the generated Dockerfile in the build context: not one that a repository would have. */
export const generatedName = 'Dockerfile.landfall';

/** What was decided and why; every key always there. Printed by `landfall plan --json` and stored with the build. */
export interface PlanJson {
  schema: 1;
  outcome: 'plan' | 'ambiguous' | 'unsupported' | 'invalid';
  stack: Stack | null;
  framework: string | null;
  packageManager: string | null;
  version: Version | null;
  /** Served as files, no process of the app. */
  static: boolean;
  /** The same as processes.web. */
  start: string | null;
  processes: Record<string, string>;
  candidates: Candidate[];
  evidence: Evidence[];
  warnings: Warning[];
  error: { code: string; file: string | null; line: number | null; message: string; hint: string } | null;
  dockerfile: string | null;
  elapsedMs: number;
}

/** How to build the plan. */
export interface Recipe {
  /** Path inside the context. */
  dockerfile: string;
  /** The folder of the tree that is the build context, '' for all of it. */
  context: string;
  /** Generated files to add to the context. */
  files: Record<string, string>;
  images: BaseImage[];
  args: Record<string, string>;
  target: string | null;
  /** What the app is told to listen on, or what its own Dockerfile exposes. */
  port: number;
  /** What to run: null = what the image runs by itself. Never empty. */
  processes: ProcessCommands;
  confine: 'generated' | 'custom';
  healthPath: string | null;
  /** How long a new instance may take to answer; null: the default. */
  bootSeconds: number | null;
  /** What app.json names: variables with their defaults, and how many of each process. */
  variables: AppVariable[];
  formation: Record<string, number>;
}

export interface Planned {
  json: PlanJson;
  recipe: Recipe | null;
}

/** A recipe before app.json was asked. */
export type Built = Omit<Recipe, 'variables' | 'formation'>;
