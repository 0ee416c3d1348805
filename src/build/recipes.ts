import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { UserError } from '../errors.ts';
import { type KnownVersion, toolchains } from './bases-versions.ts';

export interface Wanted {
  toolchain: string;
  /** A prefix (24, 3.13), exact (24.21.0), or empty for what is usual. */
  version: string;
  variant: 'runtime' | 'build';
}

/** How one base image is made here. */
export interface BaseRecipe {
  /** `landfall-base/node:24.21.0-build-1a2b3c4d`: changes with everything that the image is made from. */
  tag: string;
  /** For a log: `Node.js 24.21.0 (build)`. */
  name: string;
  toolchain: string;
  variant: 'runtime' | 'build';
  /** The recipes whose images this one is made from, by the build argument that names them. */
  parents: Record<string, BaseRecipe>;
  args: Record<string, string>;
  context: () => Readable;
  /** False: it comes from bin/up, and cannot be built here. */
  buildable: boolean;
}

const folder = join(import.meta.dirname, '../../images');
/** The one root file system, which bin/up makes by images/debian/build. */
const rootTag = 'landfall-base/debian:trixie';

/** The recipe for what is wanted. A version that none can make is a UserError that says what there is. */
export function findRecipe(wanted: Wanted): BaseRecipe {
  const { toolchain, variant } = wanted;
  const known = toolchains[toolchain];
  if (!known)
    throw new UserError(
      'build-failed',
      `The official image for ${toolchain} ${wanted.version} is not on this server and cannot be pulled, and it cannot be made here.`,
      'Put it on the server (docker load), or let the server reach a registry.',
    );
  const found = findVersion(wanted);
  const suite = toolchain === 'debian' ? found.version : (found.suite ?? 'trixie');
  const isRoot = toolchain === 'debian' && suite === 'trixie';
  const parents: Record<string, BaseRecipe> = {};
  if (!isRoot) {
    const parentSuite = toolchain === 'debian' ? 'trixie' : suite;
    parents.DEBIAN_IMAGE = findRecipe({ toolchain: 'debian', version: parentSuite, variant: 'runtime' });
  }
  if (known.fetches) parents.FETCH_IMAGE = findRecipe({ toolchain: 'fetch', version: '', variant: 'build' });
  for (const [arg, [other, version]] of Object.entries(found.needs ?? {}))
    parents[arg] = findRecipe({ toolchain: other, version, variant: 'build' });
  const args = { VERSION: found.version, SUITE: suite, ...found.args };
  const files = readFiles(join(folder, found.folder ?? toolchain));
  const parentTags = Object.entries(parents).map(([arg, parent]) => [arg, parent.tag]);
  const hash = createHash('sha256').update(JSON.stringify([files, args, parentTags, variant]));
  return {
    tag: isRoot
      ? rootTag
      : `landfall-base/${toolchain}:${found.version}-${variant}-${hash.digest('hex').slice(0, 8)}`,
    name: `${known.name} ${found.version}${variant === 'build' ? ' (build)' : ''}`,
    toolchain,
    variant,
    parents,
    args,
    context: () => Readable.from(tar(files), { objectMode: false }),
    buildable: !isRoot,
  };
}

function findVersion({ toolchain, version }: Wanted): KnownVersion {
  const known = toolchains[toolchain];
  const versions = known?.versions ?? [];
  const wanted = version.replace(/^v/, '').replace(/^(latest|lts|current|stable|\*)$/, '');
  const fits = (have: string) => wanted === '' || have === wanted || have.startsWith(`${wanted}.`);
  // Debian has one patch release of a minor: an app that names another one of it gets Debian's.
  const near = (have: string) => !known?.open && wanted.startsWith(`${have}.`);
  const found = versions.find((v) => fits(v.version)) ?? versions.find((v) => near(v.version));
  if (found) return found;
  const [major = ''] = wanted.split('.');
  const like = versions.find((v) => v.version === major || v.version.startsWith(`${major}.`));
  // An exact release of a major that is known: the registry has it, or says that it has not.
  if (known?.open && like && /^\d+\.\d+\.\d+$/.test(wanted)) return { ...like, version: wanted };
  const list = versions.map((v) => v.version).join(', ');
  throw new UserError(
    'build-failed',
    `${known?.name ?? toolchain} ${version} cannot be had on this server: its official image is not here and cannot be pulled, and it can be made here only as ${list}.`,
    `Ask for one of these versions in the app, or put the official image on the server (docker load).`,
  );
}

interface RecipeFile {
  name: string;
  mode: number;
  text: string;
}

function readFiles(path: string): RecipeFile[] {
  return readdirSync(path)
    .sort()
    .map((name) => {
      const executable = (statSync(join(path, name)).mode & 0o100) !== 0;
      return { name, mode: executable ? 0o755 : 0o644, text: readFileSync(join(path, name), 'utf8') };
    });
}

/** Whole before its first byte is read: a tar-stream that is given up half-way ends the process with an error nobody has. */
async function* tar(files: readonly RecipeFile[]): AsyncIterable<Buffer> {
  const packed = pack();
  for (const { name, mode, text } of files) packed.entry({ name, mode, mtime: new Date(0) }, text);
  packed.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of packed) chunks.push(chunk as Buffer);
  yield Buffer.concat(chunks);
}
