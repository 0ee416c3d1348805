import { UserError } from '../errors.ts';

/** One line of what a push asks for; null: absent before, or to be removed. */
export interface RefUpdate {
  ref: string;
  from: string | null;
  to: string | null;
}

/** What is already in the repository. */
export interface Known {
  /** The app's deploy branch; null while nothing was deployed: then both names are good. */
  branch: DeployBranch | null;
  /** All refs, full names. */
  refs: readonly string[];
}

export type DeployBranch = 'main' | 'master';

export type Decision =
  | { kind: 'deploy'; branch: DeployBranch; commit: string; previous: string | null }
  | { kind: 'store'; line: string };

/** The remote's name in the commands that we print: the client does not tell us what the user calls it. */
const remote = 'production';
const mostUpdates = 5_000;
/** A file name may have 255 bytes, and git locks a ref by a file `<ref>.lock`. */
const longestPart = 200;
const longestRef = 1_000;
const heads = 'refs/heads/';

/** Parses what git gives a pre-receive hook: `<old> <new> <ref>` a line. */
export function parseUpdates(text: string): RefUpdate[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const match = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) (refs\/.+)$/.exec(line);
    const [from, to, ref] = match?.slice(1) ?? [];
    if (!from || !to || !ref)
      throw new UserError('bad-input', 'The list of refs to push is malformed.', 'Push with git itself.');
    return { ref, from: orNull(from), to: orNull(to) };
  });
}

function orNull(id: string): string | null {
  return /^0+$/.test(id) ? null : id;
}

/**
 * What to do with a push. Whatever git itself would refuse only after the hook (a name that cannot be a file, a ref
 * below another) is refused here, before anything is deployed. Throws a UserError with the exact command to use.
 */
export function decide(updates: readonly RefUpdate[], known: Known): Decision {
  if (updates.length === 0)
    throw new UserError('empty-push', 'Nothing was pushed.', `Push your branch: git push ${remote} main`);
  if (updates.length > mostUpdates)
    throw new UserError(
      'too-large',
      `The push changes ${updates.length} refs; ${mostUpdates} at a time is the limit.`,
      `Push the branch alone: git push ${remote} main`,
    );
  for (const { ref } of updates) checkName(ref);
  const branch = known.branch ?? chooseBranch(updates);
  for (const update of updates) if (update.ref.startsWith(heads)) checkBranch(update, branch);
  checkOverlap(updates, known.refs);
  const update = updates.find(({ ref }) => ref === heads + branch);
  if (update?.to) return { kind: 'deploy', branch, commit: update.to, previous: update.from };
  return { kind: 'store', line: `no deploy: ${kinds(updates)}` };
}

function chooseBranch(updates: readonly RefUpdate[]): DeployBranch {
  const created = new Set(updates.filter(({ to }) => to !== null).map(({ ref }) => ref));
  return !created.has(`${heads}main`) && created.has(`${heads}master`) ? 'master' : 'main';
}

function checkName(ref: string): void {
  const parts = ref.split('/');
  const space = parts[1] ?? '';
  if (!['heads', 'tags', 'notes'].includes(space) || parts.length < 3)
    throw new UserError(
      'bad-branch',
      `Landfall takes branches, tags and notes, not ${shown(ref)}.`,
      `Push the branch alone: git push ${remote} main`,
    );
  // git check-ref-format allows more than a file system and a shell like; we keep to what both like.
  const odd =
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\.$|\/$/.test(ref) ||
    Buffer.byteLength(ref) > longestRef ||
    parts.some((part) => /^$|^[-.]|\.lock$/.test(part) || Buffer.byteLength(part) > longestPart);
  if (!odd) return;
  throw new UserError(
    'bad-branch',
    `${shown(ref)} is not a name that Landfall takes (too long, or with a leading dash, or odd characters).`,
    `Push under another name: git push ${remote} <branch>:main`,
  );
}

function checkBranch(update: RefUpdate, deploy: DeployBranch): void {
  const name = update.ref.slice(heads.length);
  if (name === deploy && update.to === null)
    throw new UserError(
      'delete-refused',
      `${deploy} is what is deployed: it cannot be deleted.`,
      'To remove the app itself, run on the server: landfall apps destroy <app>',
    );
  if (name === deploy || update.to === null) return;
  throw new UserError(
    'bad-branch',
    `This app deploys from ${deploy}, not from ${shown(name)}.`,
    `To deploy this branch: git push ${remote} ${name}:${deploy}`,
  );
}

/** git cannot hold both `a` and `a/b`, and says so only when everything else is done. */
function checkOverlap(updates: readonly RefUpdate[], refs: readonly string[]): void {
  const gone = new Set(updates.filter(({ to }) => to === null).map(({ ref }) => ref));
  const created = updates.filter(({ to }) => to !== null).map(({ ref }) => ref);
  const all = new Set([...refs.filter((ref) => !gone.has(ref)), ...created]);
  const folders = new Set([...all].flatMap(parents));
  const clash = created.find((ref) => folders.has(ref) || parents(ref).some((folder) => all.has(folder)));
  if (clash === undefined) return;
  const other = [...all].find((ref) => ref.startsWith(`${clash}/`) || clash.startsWith(`${ref}/`)) ?? clash;
  throw new UserError(
    'bad-branch',
    `${shown(clash)} and ${shown(other)} cannot exist together: one would be a folder of the other.`,
    `Remove the other one first: git push ${remote} :${other}`,
  );
}

/** `refs/tags/a/b` → `refs/tags/a`. */
function parents(ref: string): string[] {
  const parts = ref.split('/');
  return parts.slice(3).map((_, index) => parts.slice(0, index + 3).join('/'));
}

function kinds(updates: readonly RefUpdate[]): string {
  const has = (prefix: string) => updates.some(({ ref }) => ref.startsWith(prefix));
  const words = [
    ...(has('refs/tags/') ? ['tags'] : []),
    ...(has('refs/notes/') ? ['notes'] : []),
    ...(has(heads) ? ['deleted branches'] : []),
  ];
  return `only ${words.join(' and ')} were pushed`;
}

function shown(name: string): string {
  return name.length > 80 ? `${name.slice(0, 77)}…` : name;
}
