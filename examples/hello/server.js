import { createServer } from 'node:http';

const { PORT = '5000', LANDFALL_APP = 'hello', LANDFALL_RELEASE = 'dev', SOURCE_VERSION = '' } = process.env;

const server = createServer((request, response) => {
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.end(`Hello from ${LANDFALL_APP}, release ${LANDFALL_RELEASE}${SOURCE_VERSION && `, commit ${SOURCE_VERSION.slice(0, 7)}`}.\n`);
});

server.listen(Number(PORT), () => console.log(`${LANDFALL_APP} listens on ${PORT}`));

// Landfall sends SIGTERM when the traffic has moved on: answer what is open, then end.
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
