import type { Buildpack } from './buildpack.ts';
import { bun } from './bun/index.ts';
import { deno } from './deno/index.ts';
import { dotnet } from './dotnet/index.ts';
import { elixir } from './elixir/index.ts';
import { go } from './go/index.ts';
import { java } from './java/index.ts';
import { node } from './node/index.ts';
import { php } from './php/index.ts';
import { procfile } from './procfile.ts';
import { python } from './python/index.ts';
import { ruby } from './ruby/index.ts';
import { rust } from './rust/index.ts';
import { shell } from './shell.ts';
import { staticSite } from './static.ts';

/** Every stack that is detected by its sources. The order decides nothing: evidence is scored. */
export const buildpacks: readonly Buildpack[] = [
  bun,
  deno,
  dotnet,
  elixir,
  go,
  java,
  node,
  php,
  ruby,
  rust,
  staticSite,
  shell,
  procfile,
  python,
];
