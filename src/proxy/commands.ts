import type { Slot } from './table.ts';

/** One step that a running worker can take without a reload. */
export type Command =
  | { readonly do: 'address'; readonly server: string; readonly host: string; readonly port: number }
  | { readonly do: 'state'; readonly server: string; readonly state: Slot['state'] }
  | { readonly do: 'shutdown'; readonly server: string }
  | {
      readonly do: 'map';
      readonly map: MapName;
      readonly verb: 'add' | 'set';
      readonly key: string;
      readonly value: string;
    }
  | { readonly do: 'unmap'; readonly map: MapName; readonly key: string };

/** `hosts`: host → backend. `apps`: backend → `id:name`. A worker knows a map by its file's path. */
export type MapName = 'hosts' | 'apps';
export type MapPaths = Readonly<Record<MapName, string>>;

/** The command as a line for the worker's command line. */
export function line(command: Command, paths: MapPaths): string {
  switch (command.do) {
    case 'address':
      return `set server ${command.server} addr ${command.host} port ${command.port}`;
    case 'state':
      return `set server ${command.server} state ${command.state}`;
    case 'shutdown':
      return `shutdown sessions server ${command.server}`;
    case 'map':
      return `${command.verb} map ${paths[command.map]} ${command.key} ${command.value}`;
    case 'unmap':
      return `del map ${paths[command.map]} ${command.key}`;
  }
}

/** Answers have no status: silence is success, and so is what an address change says. */
export function succeeded(command: Command, answer: string): boolean {
  if (answer === '') return true;
  return (
    command.do === 'address' &&
    /^(no need to change the addr|IP changed|addr changed|port changed)/.test(answer)
  );
}
