import { UserError } from '../errors.ts';
import type { Config, Needs } from '../types.ts';

/**
 * Pure: the config of a release whose app.json asks for variables. What is set stays; what is not gets its default, or a
 * secret from `makeSecret`. Throws UserError `invalid-manifest` when one is required and cannot be made.
 */
export function meetNeeds(needs: Needs, config: Config, app: string, makeSecret: () => string): Config {
  const met: Config = { ...config };
  for (const { name, value, required, generate } of needs.variables) {
    if (met[name] !== undefined) continue;
    if (generate) met[name] = makeSecret();
    else if (value !== null) met[name] = value;
    else if (required)
      throw new UserError(
        'invalid-manifest',
        `app.json requires the variable ${name}, which is not set.`,
        `Set it, then push again: landfall config set ${app} ${name}=…`,
      );
  }
  return met;
}
