import type { Warning } from '../buildpack.ts';
import type { Tree } from '../lib/tree.ts';

/** How the submodules that a push does not carry are fetched: at their newest, as the tree does not say which commit. */
export function clones(tree: Tree): { commands: string[]; warnings: Warning[] } {
  const commands: string[] = [];
  const warnings: Warning[] = [];
  for (const [, body = ''] of (tree.read('.gitmodules') ?? '').matchAll(/\[submodule [^\]]*\]([^[]*)/g)) {
    const path = /^\s*path\s*=\s*(\S+)\s*$/m.exec(body)?.[1];
    const url = /^\s*url\s*=\s*(\S+)\s*$/m.exec(body)?.[1];
    const branch = /^\s*branch\s*=\s*([\w./-]+)\s*$/m.exec(body)?.[1];
    if (
      path === undefined ||
      url === undefined ||
      tree.hasFolder(path) ||
      !/^[\w./-]+$/.test(path) ||
      path.includes('..')
    )
      continue;
    const address = url
      .replace(/^git@([\w.-]+):/, 'https://$1/')
      .replace(/^(?:ssh|git):\/\/(?:git@)?/, 'https://');
    if (!/^https?:\/\/[\w.~:/@+-]+$/.test(address)) {
      warnings.push({
        code: 'submodule',
        message: `${path} is a submodule (${url}), which a push does not carry: commit its files instead.`,
      });
      continue;
    }
    commands.push(
      `git clone --depth 1 --recurse-submodules${branch === undefined || branch === '.' ? '' : ` --branch ${branch}`} ${address} ${path}`,
    );
    warnings.push({
      code: 'submodule',
      message: `${path} is a submodule, which a push does not carry: its newest commit is fetched from ${address}. To fix the version, commit its files.`,
    });
  }
  return { commands, warnings };
}
