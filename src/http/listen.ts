import { chmod, rm } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';

/** Listens on a Unix socket with exactly these rights; a socket that a killed server left is replaced. */
export async function listen(server: FastifyInstance, path: string, mode: number): Promise<void> {
  await rm(path, { force: true });
  const before = process.umask(0o177);
  try {
    await server.listen({ path });
  } finally {
    process.umask(before);
  }
  await chmod(path, mode);
}
