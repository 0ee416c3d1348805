import type { Context } from '../buildpack.ts';
import type { Project } from './project.ts';
import { none } from './runners.ts';
import type { Start } from './start.ts';

/** A function that Google's Functions Framework serves: the first that main.py marks as one. */
export function functionStart(ctx: Context, project: Project): Start | null {
  if (!project.names.has('functions-framework')) return null;
  const mark =
    /^@(?:functions_framework\.)?(?:http|cloud_event|typed)\b[^\n]*\n(?:@[^\n]*\n)*(?:async\s+)?def\s+(\w+)/m;
  const name = mark.exec((ctx.tree.read('main.py') ?? '').replaceAll('\r', ''))?.[1];
  if (name === undefined) return null;
  return {
    ...none,
    framework: 'functions-framework',
    serves: true,
    file: 'main.py',
    command: `functions-framework --target=${name} --port=$PORT`,
  };
}
