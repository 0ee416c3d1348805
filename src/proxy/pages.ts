/** The proxy's own answers. HAProxy fills in `%[…]` for each request, so `%` itself is written `%%`. */

/** For a request with no app behind it: what HAProxy knows about the host, safe inside HTML. */
const host = '%[req.fhdr(host),host_only,url_enc]';

export interface Page {
  /** Name below the proxy's folder, without the ending `.html` or `.txt`. */
  name: string;
  status: number;
  title: string;
  text: string;
  next: string;
}

/** `app` is the fetch that gives the app's name. */
export function pages(app: string): Record<'unknown' | 'empty' | 'broken' | 'slow' | 'control', Page> {
  return {
    unknown: {
      name: 'unknown',
      status: 404,
      title: 'No app here',
      text: `No app on this server answers at ${host}.`,
      next: 'Check the address. The owner of this server sees its apps with: landfall apps',
    },
    empty: {
      name: 'empty',
      status: 503,
      title: `${app} is not running`,
      text: `The app ${app} has no running instance.`,
      next: `Its owner can see why: landfall ps ${app}, landfall logs ${app}. A push starts it again.`,
    },
    broken: {
      name: 'broken',
      status: 502,
      title: `${app} did not answer`,
      text: `The app ${app} closed the connection before its answer was complete.`,
      next: `Try again. Its owner can see why: landfall logs ${app}`,
    },
    slow: {
      name: 'slow',
      status: 504,
      title: `${app} took too long`,
      text: `The app ${app} did not answer this request in time.`,
      next: `Try again. Its owner can see why: landfall logs ${app}`,
    },
    control: {
      name: 'control',
      status: 503,
      title: 'Landfall is not running',
      text: 'The apps on this server are served, but Landfall itself does not answer.',
      next: 'On the server: sudo ./bin/up starts it again, landfall doctor says what is wrong.',
    },
  };
}

export function html(page: Page): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${page.title}</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 20vh auto 0; padding: 0 1rem; color: #222; background: #fff }
  small { color: #666 }
  @media (prefers-color-scheme: dark) { body { color: #ddd; background: #161616 } small { color: #999 } }
</style>
<h1>${page.title}</h1>
<p>${page.text}
<p><small>${page.next}</small>
</html>
`;
}

export function text(page: Page): string {
  return `${page.text}\n${page.next}\n`;
}
