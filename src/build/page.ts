import type { PlanJson } from './plan.ts';

/** A plan as a page for a person: what, which version and why, what it runs, the runner-up, warnings. */
export function page(json: PlanJson, dir: string): string {
  const rows: [string, string][] = [];
  if (json.outcome === 'plan') {
    rows.push(['Stack', [json.stack, json.framework].filter((word) => word !== null).join(' · ')]);
    if (json.version !== null) rows.push(['Version', `${json.version.value}   (${json.version.source})`]);
    if (json.packageManager !== null) rows.push(['Packages', json.packageManager]);
    if (json.static) rows.push(['Serves', 'files, no process of the app']);
    for (const [name, command] of Object.entries(json.processes)) rows.push([name, command]);
  } else if (json.error !== null) {
    rows.push(['Outcome', json.outcome]);
    const where =
      json.error.file === null
        ? ''
        : `${json.error.file}${json.error.line === null ? '' : `:${json.error.line}`}: `;
    rows.push(['!', `${where}${json.error.message}`], ['→', json.error.hint]);
  }
  const chosen = json.outcome === 'plan' ? json.candidates.slice(1) : json.candidates;
  const blocks = [
    `${dir}\n`,
    rows.map(row).join(''),
    json.evidence.length === 0
      ? ''
      : `\n  Because\n${json.evidence.map((one) => `${`    ${one.weight >= 0 ? '+' : ''}${one.weight}`.padEnd(10)}${one.file}: ${one.key} ${one.value}\n`).join('')}`,
    chosen.length === 0
      ? ''
      : `\n  ${json.outcome === 'plan' ? 'Instead' : 'Choose'} (in landfall.toml)\n${chosen.map((one) => `    ${one.choose.padEnd(28)} ${one.stack}, score ${one.score}\n`).join('')}`,
    json.warnings.length === 0
      ? ''
      : `\n  Warnings\n${json.warnings.map((one) => `    ${one.code}: ${one.message}\n`).join('')}`,
    json.outcome === 'plan' && json.stack !== 'dockerfile'
      ? `\n  The Dockerfile: landfall eject ${dir}\n`
      : '',
  ];
  return blocks.join('');
}

function row([name, value]: [string, string]): string {
  return `  ${name.padEnd(12)} ${value}\n`;
}
