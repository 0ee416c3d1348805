import { describe } from 'vitest';
import { planned } from '../support/planning.ts';

const lock = { lockfileVersion: 3, packages: {} };
const express = { scripts: { start: 'node server.js' }, dependencies: { express: '4' } };
const listens = "require('express')().listen(process.env.PORT)";
const flask = 'from flask import Flask\napp = Flask(__name__)\n';

describe('two servers side by side', () => {
  const both = {
    'app.py': flask,
    'requirements.txt': 'flask\ngunicorn\n',
    'package.json': express,
    'package-lock.json': lock,
    'server.js': listens,
  };
  planned([
    ['are ambiguous where nothing says which', both, { outcome: 'ambiguous' }],
    [
      "are told apart by the Procfile's web",
      { ...both, Procfile: 'web: gunicorn app:app\nside: node server.js\n' },
      { stack: 'python', start: 'gunicorn app:app' },
    ],
    [
      'are told apart by the start of the settings, variables before it left out',
      { ...both, 'landfall.toml': 'start = "NODE_ENV=production node server.js"' },
      { stack: 'node' },
    ],
    [
      'are told apart by the script that the Procfile runs',
      { ...both, Procfile: 'web: bin/web\n', 'bin/web': '#!/bin/sh\nset -e\nexec gunicorn app:app\n' },
      { stack: 'python', start: 'bin/web' },
    ],
    [
      'stay ambiguous where the Procfile runs what both could be',
      { ...both, Procfile: 'web: ./serve\n' },
      { outcome: 'ambiguous' },
    ],
  ]);
});
