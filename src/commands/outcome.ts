/** The last lines of a deploy that went live, the same in a push and in a command. */
export function closing(outcome: { app: string; release: number; url: string; seconds: number }): string[] {
  return [
    `${outcome.app} v${outcome.release} is live after ${outcome.seconds.toFixed(1)} s`,
    `  ${outcome.url}`,
  ];
}
