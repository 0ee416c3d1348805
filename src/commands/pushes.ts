import type { Deployer } from '../deploy/deployer.ts';
import type { Pushes } from '../git/pushes.ts';
import { checkAppName } from '../store/apps.ts';
import type { Store } from '../store/store.ts';
import { closing } from './outcome.ts';
import { allows } from './run.ts';

/** A push is a command too: the git door asks here, under the same rights as every other door. */
export function pushes(parts: { store: Store; deployer: Deployer; version: string }): Pushes {
  const { store, deployer } = parts;
  return {
    authenticate: (password) => store.access.authenticate(password),
    openApp(name, actor, purpose) {
      const app = store.apps.byName(name);
      if (app) return allows(actor, purpose === 'push' ? 'deploy' : 'read', app.id) ? app : null;
      if (purpose !== 'push' || !allows(actor, 'deploy', null)) return null;
      checkAppName(name);
      return store.apps.create(name);
    },
    async push(request, log, signal) {
      log(`Landfall ${parts.version}: ${request.app.name} at ${request.commit.slice(0, 7)}`);
      const outcome = await deployer.push(request, log, signal);
      return {
        lines: closing({
          app: request.app.name,
          release: outcome.release.version,
          url: outcome.url,
          seconds: outcome.seconds,
        }),
      };
    },
    refused: (app, commit, actor, error) => deployer.refused(app, commit, actor, error),
    head: (appId) => store.deploys.head(appId),
  };
}
