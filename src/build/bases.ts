import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Builder } from '../engine/engine.ts';
import { UserError } from '../errors.ts';
import { type BaseRecipe, findRecipe } from './recipes.ts';
import { RegistryMemory } from './registry.ts';
import { javaTrustStore } from './truststore.ts';

/** A base that a generated Dockerfile names by a build argument: `ARG NODE_IMAGE=node:24-slim`. */
export interface BaseImage {
  /** NODE_IMAGE */
  arg: string;
  /** node:24-slim */
  official: string;
  /** node */
  toolchain: string;
  /** 24 or 24.21.0 */
  version: string;
  variant: 'runtime' | 'build';
}

export interface BaseTools {
  builder: Builder;
  log: (line: string) => void;
  signal: AbortSignal;
  /** LANDFALL_HOME: remembers that no registry answered, and may hold `ca.crt`. */
  home: string;
  /** `local`: our own bases even where the official ones could be had. */
  prefer?: 'official' | 'local';
}

/**
 * Sees to it that every base of a Dockerfile is on this server: the official image where it is present or can be pulled,
 * else one made here, on first need. All images of one toolchain come from the same side, since their paths differ.
 * `args` are the build arguments to pass; `secrets` carry the host's authorities for the downloads of the build.
 */
export async function resolveBases(
  images: readonly BaseImage[],
  tools: BaseTools,
): Promise<{ args: Record<string, string>; secrets: Record<string, Buffer> }> {
  const secrets = hostTrust(
    tools.home,
    images.some((image) => image.toolchain === 'java'),
  );
  const memory = new RegistryMemory(join(tools.home, 'bases.json'));
  const args: Record<string, string> = {};
  const groups = Map.groupBy(images, (image) => image.toolchain);
  for (const group of groups.values()) {
    if (tools.prefer !== 'local' && (await allOfficial(group, tools, memory))) continue;
    // The build variant first: the runtime one is a stage of it, and its other stages are made at the same time.
    for (const image of group.toSorted((a, b) => a.variant.localeCompare(b.variant))) {
      const recipe = findRecipe(image);
      if (image.version.startsWith(`${recipe.args.VERSION}.`))
        tools.log(
          `Base image ${recipe.name}: in place of ${image.version}, which cannot be made on this server`,
        );
      await ensure(recipe, tools, secrets);
      args[image.arg] = recipe.tag;
    }
  }
  return { args, secrets };
}

const pullTimeoutMs = 5000;

async function allOfficial(
  group: readonly BaseImage[],
  tools: BaseTools,
  memory: RegistryMemory,
): Promise<boolean> {
  const missing: string[] = [];
  for (const { official } of group) {
    if ((await tools.builder.find(official)) === null) missing.push(official);
  }
  if (missing.some((image) => memory.hopeless(image))) return false;
  for (const image of missing) {
    tools.signal.throwIfAborted();
    const outcome = await tools.builder.pull(image, pullTimeoutMs, tools.signal);
    if (outcome === 'pulled') tools.log(`Pulled ${image}`);
    else {
      memory.remember(image, outcome);
      return false;
    }
  }
  return true;
}

/** Base builds under way in this process, by tag. */
const building = new Map<string, Promise<void>>();

async function ensure(recipe: BaseRecipe, tools: BaseTools, secrets: Record<string, Buffer>): Promise<void> {
  for (;;) {
    if ((await tools.builder.find(recipe.tag)) !== null) return;
    tools.signal.throwIfAborted();
    const other = building.get(recipe.tag);
    if (!other) break;
    tools.log(`Base image ${recipe.name}: another build is making it, waiting`);
    await Promise.race([other.catch(() => {}), aborted(tools.signal)]);
  }
  const own = make(recipe, tools, secrets).finally(() => building.delete(recipe.tag));
  building.set(recipe.tag, own);
  await own;
}

async function make(recipe: BaseRecipe, tools: BaseTools, secrets: Record<string, Buffer>): Promise<void> {
  if (!recipe.buildable) {
    throw new UserError(
      'build-failed',
      `The root file system ${recipe.tag}, which all base images are made from, is not on this server.`,
      'Run bin/up again: it makes what is missing (as root, images/debian/build does this one alone).',
    );
  }
  for (const parent of Object.values(recipe.parents)) await ensure(parent, tools, secrets);
  tools.log(`Base image ${recipe.name}: making it on this server, once`);
  const parents = Object.entries(recipe.parents).map(([arg, parent]) => [arg, parent.tag]);
  try {
    const { seconds, sizeBytes } = await tools.builder.build({
      context: recipe.context,
      dockerfile: 'Dockerfile',
      args: { ...recipe.args, ...Object.fromEntries(parents) },
      secrets: recipe.parents.JAVA_IMAGE ? withJavaStore(secrets) : secrets,
      labels: { 'landfall.base': recipe.toolchain },
      target: recipe.variant,
      tag: recipe.tag,
      // Of the many lines only the steps that took their time: nobody debugs a base from a push.
      log: (line) => {
        if (/^\[.* … (?!cached|0\.)/.test(line)) tools.log(`      ${line}`);
      },
      signal: tools.signal,
    });
    tools.log(`Base image ${recipe.name}: made in ${seconds.toFixed(1)}s, ${Math.round(sizeBytes / 1e6)} MB`);
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'build-failed') throw error;
    throw new UserError(
      'build-failed',
      `The base image ${recipe.name} could not be made on this server: ${error.message}`,
      'See that the server reaches the package registries (landfall doctor), or put the official image on it (docker load).',
    );
  }
}

/** What the host trusts: in the server's container bin/up mounts the host's bundle at `ca.crt`. */
function hostTrust(home: string, java: boolean): Record<string, Buffer> {
  for (const path of [join(home, 'ca.crt'), '/etc/ssl/certs/ca-certificates.crt']) {
    try {
      const ca = readFileSync(path);
      if (ca.length > 0) return java ? withJavaStore({ ca }) : { ca };
    } catch {
      // not there: the next one
    }
  }
  return {};
}

function withJavaStore(secrets: Record<string, Buffer>): Record<string, Buffer> {
  return secrets.ca ? { ...secrets, javaca: javaTrustStore(secrets.ca.toString()) } : secrets;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
