import type { Builder } from '../../engine/engine.ts';
import type { Store } from '../../store/store.ts';
import type { AppId } from '../../types.ts';
import { obsoleteImages } from '../retention.ts';

/** Old releases give their images back; those that something still uses refuse to go, and are asked again next time. */
export async function pruneStep(parts: { store: Store; builder: Builder }, appId: AppId): Promise<void> {
  const { builds, deploys, releases } = parts.store;
  const serving = deploys.served(appId).flatMap((deploy) => deploy.release ?? []);
  for (const image of obsoleteImages(builds.all(appId), releases.all(appId), serving))
    await parts.builder.remove(image);
}
