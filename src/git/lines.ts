import type { Failure } from '../errors.ts';

const longest = 4_000;
// biome-ignore-start lint/suspicious/noControlCharactersInRegex: control characters are what is removed
const escapes = /\u001b(\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(\u0007|\u001b\\)?|[@-Z\\-_])/g;
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: as above

/** The text as lines fit for somebody's terminal: no escape sequences, no control characters, none endless. */
export function printable(text: string): string[] {
  return text.split(/\r?\n/).map((line) => {
    const clean = line.replace(escapes, '').replace(controls, '');
    return clean.length > longest ? `${clean.slice(0, longest)}…` : clean;
  });
}

/** How a push's refusal ends: `! <code>: <sentence>`, then the next step. */
export function refusal({ code, message, hint }: Failure): string[] {
  const [sentence = '', ...more] = printable(message);
  const [step = '', ...steps] = printable(hint);
  return [
    `! ${code}: ${sentence}`,
    ...more.map((line) => `  ${line}`),
    `  → ${step}`,
    ...steps.map((line) => `    ${line}`),
  ];
}
