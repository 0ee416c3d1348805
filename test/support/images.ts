import { execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { pack } from 'tar-stream';

/** Applets that the tests' scripts use; each a link to the one static program. */
const applets = [
  'sh',
  'cat',
  'echo',
  'httpd',
  'nc',
  'sleep',
  'mkdir',
  'tail',
  'dd',
  'head',
  'env',
  'kill',
  'id',
  'seq',
  'true',
  'tr',
  'ls',
];

const program = '/usr/bin/busybox';

/**
 * What the server of the tests' image does, by MODE: `serve` (default) answers HTTP on PORT at all addresses, `loopback` on
 * 127.0.0.1 only, `crash` writes a line and exits with 7, `silent` listens nowhere, `greedy` takes memory until it is killed;
 * `job` writes two lines and exits with 3, `endless` writes one and runs on.
 */
const server = `#!/bin/sh
echo "mode $MODE on port $PORT"
case "$MODE" in
  crash) echo "cannot start" >&2; exit 7 ;;
  silent) exec sleep 1000000 ;;
  loopback) exec httpd -f -p "127.0.0.1:$PORT" -h /www ;;
  job) echo done; echo "and a warning" >&2; exit 3 ;;
  endless) exec sleep 1000000 ;;
  greedy) head -c 300000000 /dev/zero | tail >/dev/null; exit 1 ;;
  *) exec httpd -f -p "0.0.0.0:$PORT" -h /www ;;
esac
`;

/** Makes an image without any registry, of Debian's static busybox (package busybox-static), and returns its id. */
export async function makeTestImage(
  tag: string,
  command: readonly string[] = ['/bin/server'],
): Promise<string> {
  const tar = pack();
  for (const name of ['bin', 'www', 'tmp', 'proc', 'etc'])
    tar.entry({ name: `${name}/`, type: 'directory', mode: 0o755 });
  tar.entry({ name: 'bin/busybox', mode: 0o755 }, await readFile(program));
  for (const name of applets) tar.entry({ name: `bin/${name}`, type: 'symlink', linkname: 'busybox' });
  tar.entry({ name: 'bin/server', mode: 0o755 }, server);
  tar.entry({ name: 'www/index.html', mode: 0o644 }, 'hello\n');
  tar.entry(
    { name: 'etc/passwd', mode: 0o644 },
    'root:x:0:0:root:/:/bin/sh\napp:x:1000:1000:app:/tmp:/bin/sh\n',
  );
  tar.finalize();
  const cmd = command.length > 0 ? [`CMD ${JSON.stringify(command)}`] : [];
  const changes = [...cmd, 'USER 1000:1000', 'ENV PATH=/bin', 'LABEL landfall.test=image'];
  const args = ['import', ...changes.flatMap((change) => ['--change', change]), '-', tag];
  const child = spawn('docker', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  tar.pipe(child.stdin);
  let id = '';
  for await (const chunk of child.stdout) id += String(chunk);
  if (!/^sha256:[0-9a-f]{64}\s*$/.test(id)) throw new Error(`docker import ${tag} failed`);
  return id.trim();
}

export async function removeTestImage(tag: string): Promise<void> {
  await docker('rmi', '--force', tag);
}

/** The docker command, for what a test does or sees behind the engine's back. Returns what it wrote. */
export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('docker', args, { env: { PATH: process.env.PATH ?? '' } });
  return stdout.trim();
}

/** Removes all containers and networks with this instance's label. */
export async function removeAllOf(instance: string): Promise<void> {
  const label = `label=landfall.instance=${instance}`;
  const containers = (await docker('ps', '-aq', '--filter', label)).split('\n').filter(Boolean);
  if (containers.length > 0) await docker('rm', '-f', '-v', ...containers);
  const networks = (await docker('network', 'ls', '-q', '--filter', label)).split('\n').filter(Boolean);
  if (networks.length > 0) await docker('network', 'rm', ...networks);
}
