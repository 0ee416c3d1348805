interface Need {
  names: readonly string[];
  run: readonly string[];
  build?: readonly string[];
}

/** Distributions that need libraries or programs of the system: Debian packages. */
const needs: readonly Need[] = [
  { names: ['psycopg2', 'psycopg', 'psycopg-c', 'aiopg', 'pygresql'], run: ['libpq5'], build: ['libpq-dev'] },
  { names: ['mysqlclient'], run: ['libmariadb3'], build: ['libmariadb-dev'] },
  { names: ['mariadb'], run: ['libmariadb3'], build: ['libmariadb-dev'] },
  {
    names: [
      'opencv-python',
      'opencv-contrib-python',
      'ultralytics',
      'easyocr',
      'deepface',
      'mediapipe',
      'supervision',
    ],
    run: ['libgl1', 'libglib2.0-0t64', 'libsm6', 'libxext6'],
  },
  {
    names: ['weasyprint', 'django-weasyprint'],
    run: ['libpango-1.0-0', 'libpangoft2-1.0-0', 'libharfbuzz-subset0', 'libgdk-pixbuf-2.0-0'],
  },
  {
    names: ['pycairo', 'cairocffi', 'cairosvg', 'xhtml2pdf', 'svglib'],
    run: ['libcairo2'],
    build: ['libcairo2-dev'],
  },
  {
    names: ['pdf2image', 'pdftotext', 'unstructured'],
    run: ['poppler-utils'],
    build: ['libpoppler-cpp-dev'],
  },
  {
    names: ['pytesseract', 'tesserocr'],
    run: ['tesseract-ocr'],
    build: ['libtesseract-dev', 'libleptonica-dev'],
  },
  {
    names: [
      'pydub',
      'ffmpeg-python',
      'moviepy',
      'openai-whisper',
      'yt-dlp',
      'faster-whisper',
      'discord-py',
      'librosa',
    ],
    run: ['ffmpeg'],
  },
  { names: ['soundfile', 'librosa'], run: ['libsndfile1'] },
  { names: ['pyaudio'], run: ['libportaudio2'], build: ['portaudio19-dev'] },
  { names: ['python-magic'], run: ['libmagic1t64'] },
  { names: ['python-ldap', 'django-auth-ldap'], run: ['libldap2'], build: ['libldap-dev', 'libsasl2-dev'] },
  { names: ['xmlsec', 'python3-saml'], run: ['libxmlsec1t64-openssl'], build: ['libxmlsec1-dev'] },
  { names: ['gdal', 'fiona', 'geodjango', 'django-leaflet'], run: ['libgdal36'], build: ['libgdal-dev'] },
  { names: ['graphviz', 'pygraphviz', 'pydot'], run: ['graphviz'], build: ['libgraphviz-dev'] },
  { names: ['gitpython', 'pygit2', 'dulwich'], run: ['git'] },
  { names: ['pyodbc'], run: ['unixodbc'], build: ['unixodbc-dev'] },
  { names: ['python-snappy'], run: ['libsnappy1v5'], build: ['libsnappy-dev'] },
  { names: ['pyzbar'], run: ['libzbar0t64'] },
  { names: ['selenium', 'undetected-chromedriver', 'helium'], run: ['chromium', 'chromium-driver'] },
  { names: ['pdfkit', 'imgkit'], run: ['wkhtmltopdf'] },
  { names: ['wand'], run: ['imagemagick'] },
  { names: ['h5py'], run: [], build: ['libhdf5-dev'] },
  { names: ['lightgbm', 'xgboost'], run: ['libgomp1'] },
  { names: ['pycurl'], run: ['libcurl4t64'], build: ['libcurl4-openssl-dev'] },
  { names: ['gevent', 'uwsgi', 'pyuwsgi'], run: [] },
];

/** What the distributions need of the system, together. */
export function systemNeeds(names: ReadonlySet<string>): { run: string[]; build: string[] } {
  const found = needs.filter((need) => need.names.some((name) => names.has(name)));
  return {
    run: [...new Set(found.flatMap((need) => need.run))],
    build: [...new Set(found.flatMap((need) => need.build ?? []))],
  };
}
