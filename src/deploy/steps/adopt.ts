import { randomBytes } from 'node:crypto';
import type { Store } from '../../store/store.ts';
import type { App, Build, Config } from '../../types.ts';
import { meetNeeds } from '../needs.ts';

/** The config that the app has, with what its app.json asks for; at the first release also how many instances. */
export function adoptNeeds({ apps, deploys, variables }: Store, app: App, { needs }: Build): Config {
  if (deploys.served(app.id, 1).length === 0) apps.setCounts(app.id, { ...needs.formation, ...app.counts });
  return meetNeeds(needs, variables.get(app.id), app.name, () => randomBytes(32).toString('hex'));
}
