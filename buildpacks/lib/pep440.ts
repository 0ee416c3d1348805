/** Whether a Python version meets a PEP 440 specifier, or one of Poetry's (`^3.11`, `~3.11`, `3.*`, `a || b`). */
export function matchesPython(version: string, specifier: string): boolean {
  return specifier.split('||').some((either) =>
    either
      .split(/,|\s+(?=[<>=!~^])/)
      .map((clause) => clause.trim())
      .filter((clause) => clause !== '' && clause !== '*')
      .every((clause) => matchesClause(version, clause)),
  );
}

function matchesClause(version: string, clause: string): boolean {
  const match = /^(===|==|~=|!=|<=|>=|<|>|\^|~|=)?\s*v?(\d+(?:\.\d+)*)((?:\.\*)?)/.exec(clause);
  if (match === null) return true;
  const [, operator = '==', text = '', star = ''] = match;
  const wanted = text.split('.').map(Number);
  const have = version.split('.').map(Number);
  const order = compare(have, wanted);
  const within = (count: number) =>
    wanted.slice(0, count).every((part, index) => (have[index] ?? 0) === part);
  switch (operator) {
    case '>=':
      return order >= 0;
    case '>':
      // `>3.10` means a later release than the line, and 3.10.5 is not.
      return order > 0 && !within(wanted.length);
    case '<=':
      return order <= 0 || (star !== '' && within(wanted.length));
    case '<':
      return order < 0;
    case '!=':
      return star !== '' ? !within(wanted.length) : order !== 0;
    case '~=':
      return order >= 0 && within(Math.max(1, wanted.length - 1));
    case '^':
      return order >= 0 && within(1);
    case '~':
      return order >= 0 && within(Math.min(2, wanted.length));
    default:
      return star !== '' || wanted.length < 3 ? within(wanted.length) : order === 0;
  }
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
