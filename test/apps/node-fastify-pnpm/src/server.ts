import fastify from 'fastify';

const app = fastify();
app.get('/', async () => 'fastify-pnpm\n');
await app.listen({ port: Number(process.env.PORT ?? 3000), host: '0.0.0.0' });
