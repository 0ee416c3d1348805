/** What a framework makes of an app. */
export type Shape =
  | {
      kind: 'site';
      framework: string;
      /** The build when package.json has no `build` script. */
      build: string | null;
      output: string;
      fallback: boolean;
      env?: Record<string, string>;
    }
  | {
      kind: 'server';
      framework: string;
      build: string | null;
      /** The framework's own production start; null: found by the scripts and the code. */
      start: string | null;
      env?: Record<string, string>;
      /** Its own start is used even where `start` names another spelling of it. */
      own?: RegExp;
      /** Only these folders of the build are needed to run. */
      ship?: { from: string; to: string }[];
      writable?: string[];
      /** Whether a folder of the build only shows whether the own start works. */
      standalone?: boolean;
    };

export const site = (
  framework: string,
  build: string | null,
  output: string,
  fallback = false,
  env: Record<string, string> = {},
): Shape => ({ kind: 'site', framework, build, output, fallback, env });

export const server = (
  framework: string,
  build: string | null,
  start: string | null,
  more: Partial<Extract<Shape, { kind: 'server' }>> = {},
): Shape => ({ kind: 'server', framework, build, start, ...more });
