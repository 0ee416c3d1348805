import type { Context } from '../buildpack.ts';

/** Where compiled programs lie in the image. */
export const binaries = '/app/bin';

/** The command lines that were given by settings and Procfile, by process; a given start is `web`. */
export function givenCommands(ctx: Context): Record<string, string> {
  const commands = { ...ctx.procfile, ...ctx.settings.processes };
  return ctx.settings.start === null ? commands : { ...commands, web: ctx.settings.start };
}

/** The name of the program that a command line starts: `X=1 exec ./target/release/api -v` → `api`. */
export function programOf(command: string): string {
  const words = command.replace(/^(?:\w+=\S*\s+|exec\s+|env\s+)*/, '').split(/\s+/);
  return (words[0] ?? '').split('/').at(-1) ?? '';
}

/**
 * A command line made to run in the image: a path of the working copy to one of the `names` becomes the program's place,
 * and `cargo run`, `go run x` or a path that is no file of the tree means the main program.
 */
export function placed(ctx: Context, command: string, names: readonly string[], main: string): string {
  const [, before = '', rest = ''] = /^((?:\w+=\S*\s+|exec\s+|env\s+)*)(.*)$/s.exec(command.trim()) ?? [];
  const run =
    /^(?:go run (?:\S*\.go|\.\S*)(?:\s+\S*\.go)*|cargo run(?:\s+--release|\s+-r|\s+-q|\s+--locked)*(?:\s+(?:--bin|-p|--package)[ =](\S+))*(?:\s+--(?=\s|$))?)\s*(.*)$/s.exec(
      rest,
    );
  if (run !== null) {
    const [, named, tail = ''] = run;
    return `${before}${binaries}/${named !== undefined && names.includes(named) ? named : main}${tail === '' ? '' : ` ${tail}`}`;
  }
  const word = rest.split(/\s+/)[0] ?? '';
  const tail = rest.slice(word.length);
  const name = word.split('/').at(-1) ?? '';
  if (names.includes(name)) return `${before}${binaries}/${name}${tail}`;
  const path = word.replace(/^\.\//, '').replace(/^\/app\//, '');
  const ours =
    /^(?:\.\/|bin\/|target\/release\/|\/app\/)/.test(word) && !/\.\w+$/.test(path) && !ctx.tree.has(path);
  return ours ? `${before}${binaries}/${main}${tail}` : command;
}
