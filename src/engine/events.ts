import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { pause } from '../loop.ts';
import { parseEvent } from './answers.ts';
import type { Api } from './api.ts';
import type { EngineEvent } from './engine.ts';
import { appLabel, instanceLabel, labelFilter } from './labels.ts';

const firstPauseMs = 100;
const longestPauseMs = 5_000;

/** See Engine.events. `happened` is told first, of which container. Each time the stream is open (the first time too), `reconnected` comes first: from then on nothing is missed. */
export async function* engineEvents(
  api: Api,
  instance: string,
  signal: AbortSignal,
  happened: (containerId: string) => void = () => {},
): AsyncGenerator<EngineEvent, void, void> {
  const filters = {
    type: ['container'],
    event: ['start', 'die', 'oom', 'destroy', 'pause', 'unpause'],
    label: labelFilter({ [instanceLabel]: instance }),
  };
  let pauseMs = firstPauseMs;
  while (!signal.aborted) {
    try {
      const stream = await openEvents(api, filters, signal);
      yield { kind: 'reconnected' };
      for await (const event of eventsOf(stream)) {
        pauseMs = firstPauseMs;
        happened(event.Actor.ID);
        const appId = event.Actor.Attributes[appLabel];
        if (appId) yield { kind: 'changed', appId };
      }
    } catch {
      // The daemon is away, or went away in the middle: the next try tells.
    }
    await pause(pauseMs, signal).catch(() => {});
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

export async function openEvents(
  api: Api,
  filters: Record<string, string[]>,
  signal: AbortSignal,
): Promise<Readable> {
  const query = { filters: JSON.stringify(filters) };
  return await api.stream({ what: 'follow the events', method: 'GET', path: '/events', query, signal });
}

/** One JSON object a line, cut anywhere. Ends with the stream, also when that breaks. */
export async function* eventsOf(stream: Readable): AsyncGenerator<ReturnType<typeof parseEvent>, void, void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield parseEvent(JSON.parse(line));
  }
}
