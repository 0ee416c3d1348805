import { type Package, uses } from './package.ts';

interface Need {
  modules: readonly string[];
  /** Debian packages to run with. */
  run: readonly string[];
  /** Debian packages to build with, beyond what the build image has. */
  build?: readonly string[];
  env?: Record<string, string>;
  buildEnv?: Record<string, string>;
}

/** Modules that need programs or libraries of the system. */
const needs: readonly Need[] = [
  { modules: ['prisma', '@prisma/client'], run: ['openssl'] },
  {
    modules: ['puppeteer', 'puppeteer-core', 'whatsapp-web.js', 'html-pdf-node', 'md-to-pdf'],
    run: ['chromium', 'fonts-liberation'],
    env: { PUPPETEER_EXECUTABLE_PATH: '/usr/bin/chromium' },
    buildEnv: { PUPPETEER_SKIP_DOWNLOAD: 'true', PUPPETEER_SKIP_CHROMIUM_DOWNLOAD: 'true' },
  },
  {
    modules: ['canvas'],
    run: ['libcairo2', 'libpango-1.0-0', 'libpangocairo-1.0-0', 'libjpeg62-turbo', 'libgif7', 'librsvg2-2'],
    build: ['libcairo2-dev', 'libpango1.0-dev', 'libjpeg-dev', 'libgif-dev', 'librsvg2-dev'],
  },
  { modules: ['fluent-ffmpeg', '@discordjs/voice', 'ytdl-core', '@distube/ytdl-core'], run: ['ffmpeg'] },
  { modules: ['gm', 'imagemagick', 'easyimage'], run: ['imagemagick'] },
  { modules: ['simple-git', 'nodegit', 'gitlog'], run: ['git'] },
  {
    modules: ['node-poppler', 'pdf-poppler', 'pdf2pic'],
    run: ['poppler-utils', 'graphicsmagick', 'ghostscript'],
  },
  { modules: ['node-tesseract-ocr'], run: ['tesseract-ocr'] },
  { modules: ['libpq', 'pg-native'], run: ['libpq5'], build: ['libpq-dev'] },
  { modules: ['oracledb'], run: ['libaio1t64'] },
  { modules: ['zeromq'], run: ['libzmq5'], build: ['libzmq3-dev'] },
  {
    modules: ['node-canvas-webgl', 'gl'],
    run: ['libgl1', 'libglx-mesa0'],
    build: ['libgl1-mesa-dev', 'libxi-dev'],
  },
];

export interface SystemNeeds {
  run: string[];
  build: string[];
  env: Record<string, string>;
  buildEnv: Record<string, string>;
}

/** What the modules of package.json need of the system, together. */
export function systemNeeds(pkg: Package): SystemNeeds {
  const found = needs.filter((need) => uses(pkg, ...need.modules));
  return {
    run: [...new Set(found.flatMap((need) => need.run))],
    build: [...new Set(found.flatMap((need) => need.build ?? []))],
    env: Object.assign({}, ...found.map((need) => need.env ?? {})),
    buildEnv: Object.assign({}, ...found.map((need) => need.buildEnv ?? {})),
  };
}
