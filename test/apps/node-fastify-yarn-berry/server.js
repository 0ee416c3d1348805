require('fastify')().get('/', async () => 'berry').listen({port: process.env.PORT, host: '0.0.0.0'})
