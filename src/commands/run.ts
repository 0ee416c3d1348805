import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { UserError } from '../errors.ts';
import type { Actor, App, Right } from '../types.ts';
import type { Answer, Call, Command, Tools } from './command.ts';

const rank: Record<Right, number> = { read: 0, deploy: 1, admin: 2 };

/** The one place where rights are looked at, for every door. An app that the actor may not see does not exist for them. */
export function allows(actor: Actor, right: Right, appId: string | null): boolean {
  return rank[actor.right] >= rank[right] && (actor.appId === null || actor.appId === appId);
}

/** Checks the right, then the input, then runs. Throws UserError. */
export async function runCommand(
  command: Command,
  input: Record<string, unknown>,
  call: Call,
): Promise<Answer> {
  const app = command.scope === 'app' ? await findOrCreateApp(command, input, call) : null;
  if (!app && !allows(call.actor, command.right, command.filtered ? call.actor.appId : null))
    throw new UserError(
      'forbidden',
      `This token has not the right to "${command.name}".`,
      'Use one that has: landfall tokens shows their rights, landfall tokens create makes one.',
    );
  const { app: _, ...rest } = command.scope === 'app' ? input : { ...input, app: undefined };
  const given = command.scope === 'app' ? rest : input;
  checkInput(command, given);
  return await command.run({ ...call, app: app as App }, given);
}

/** A command that creates leaves nothing behind when its input is wrong. */
async function findOrCreateApp(command: Command, input: Record<string, unknown>, call: Call): Promise<App> {
  const { tools, actor } = call;
  const name = input.app;
  const creates =
    command.creates &&
    typeof name === 'string' &&
    !tools.store.apps.byName(name) &&
    allows(actor, command.right, null);
  if (!creates) return findApp(tools, actor, command, name);
  const { app: _, ...given } = input;
  checkInput(command, given);
  command.creates?.(given, call);
  const app = tools.store.apps.create(name);
  await tools.repositories.create(app.id);
  call.say(`${name} is new: created.`);
  return app;
}

function findApp(tools: Tools, actor: Actor, command: Command, name: unknown): App {
  const app = typeof name === 'string' ? tools.store.apps.byName(name) : null;
  const visible = app !== null && allows(actor, 'read', app.id);
  if (!app || !visible) {
    const names = tools.store.apps.all().filter((one) => allows(actor, 'read', one.id));
    throw new UserError(
      'not-found',
      typeof name === 'string'
        ? `There is no app ${JSON.stringify(name.slice(0, 60))}.`
        : `${command.name} needs an app as its first argument.`,
      names.length > 0
        ? `There is: ${names.map((one) => one.name).join(', ')}.`
        : 'Push one first, or `landfall apps create NAME`.',
    );
  }
  if (!allows(actor, command.right, app.id))
    throw new UserError(
      'forbidden',
      `This token has not the right to "${command.name}".`,
      'Use one that has: landfall tokens shows their rights, landfall tokens create makes one.',
    );
  return app;
}

/** What a field should be, in words when its schema has them. */
function wrong(schema: TSchema | undefined, message: string | undefined): string {
  return schema?.description ? `should be: ${schema.description}` : `is not right (${message ?? 'unknown'})`;
}

function checkInput(command: Command, input: Record<string, unknown>): void {
  if (Value.Check(command.input, input)) return;
  const [first] = Value.Errors(command.input, input);
  const field = first?.path.split('/')[1] ?? '';
  throw new UserError(
    'bad-input',
    `${command.name}: ${field === '' ? 'the input' : field} ${field in command.input.properties && input[field] === undefined ? 'is missing' : `${wrong(command.input.properties[field], first?.message)}`}.`,
    `See \`landfall help ${command.name}\`.`,
  );
}
