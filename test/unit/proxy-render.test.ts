import { describe, expect, it } from 'vitest';
import {
  readAddresses,
  readBusy,
  readInfo,
  readProcesses,
  readSessionIds,
  readSessions,
  readTable,
} from '../../src/proxy/answers.ts';
import { layout } from '../../src/proxy/changes.ts';
import { line, succeeded } from '../../src/proxy/commands.ts';
import { fingerprint, render } from '../../src/proxy/render.ts';
import { emptyTable } from '../../src/proxy/table.ts';

const settings = {
  home: '/lf',
  domain: 'example.com',
  httpPort: 8080,
  httpsPort: 8443,
  ipv6: true,
  loopbackOnly: false,
};
const table = layout(emptyTable, [
  {
    appId: 'aaaaaaaaaa',
    name: 'shop',
    hosts: ['shop.example.com', 'www.shop.test'],
    servers: [
      { instance: 'i1', dial: { host: '10.201.0.2', port: 5000 }, state: 'drain' },
      { instance: 'i2', dial: { host: '10.201.0.3', port: 5000 }, state: 'ready' },
    ],
  },
]);

describe('the configuration', () => {
  const files = render(settings, table);
  const config = files.get('/lf/proxy/haproxy.cfg') ?? '';
  const has = (...lines: string[]): void => {
    for (const wanted of lines) expect(config).toContain(`\n  ${wanted}\n`);
  };

  it('has what lossless swaps and reloads need', () => {
    has(
      'noreuseport',
      'hard-stop-after 1h',
      'option idle-close-on-response',
      'balance leastconn',
      'http-reuse safe',
      'option redispatch 1',
      'retry-on conn-failure empty-response',
      'http-request disable-l7-retry unless { method GET HEAD }',
      'use_backend handover if { stopping }',
    );
  });

  it('lets requests last an hour and headers 30 s', () => {
    has('timeout client 1h', 'timeout server 1h', 'timeout tunnel 24h', 'timeout http-request 30s');
  });

  it('serves from the current addresses; a server that drains gets nothing after a start', () => {
    expect(config).toContain(
      '\nbackend b1 from apps\n  server s1 10.201.0.2:5000 disabled\n  server s2 10.201.0.3:5000\n  server s3 127.0.0.1:1 disabled\n',
    );
  });

  it('listens on IPv6 beside IPv4 where there is IPv6, so that IPv4 clients keep their own address', () => {
    has('bind :8080', 'bind :::8080 v6only');
    const without = render({ ...settings, ipv6: false }, table).get('/lf/proxy/haproxy.cfg') ?? '';
    expect(without).toContain('bind :8080\n');
    expect(without).not.toContain('v6only');
  });

  it('for localhost alone nobody else may come in', () => {
    const config = render({ ...settings, loopbackOnly: true }, table).get('/lf/proxy/haproxy.cfg') ?? '';
    const binds = config.split('\n').filter((line) => /^\s+bind (?!unix@)/.test(line));
    expect(binds).toEqual(['  bind 127.0.0.1:8080', '  bind [::1]:8080 v6only']);
  });

  it('maps hosts to backends, the server’s own first and not to be taken by an app', () => {
    expect(files.get('/lf/proxy/hosts.map')).toBe(
      'landfall.example.com control\nshop.example.com b1\nwww.shop.test b1\n',
    );
    expect(files.get('/lf/proxy/apps.map')).toBe('b1 aaaaaaaaaa:shop\n');
    const hosts = new Map([...table.hosts, ['landfall.example.com', 'b1']]);
    expect(render(settings, { ...table, hosts }).get('/lf/proxy/hosts.map')).not.toContain(
      'landfall.example.com b1',
    );
  });

  it('comes last, after the files that it names', () => {
    expect([...files.keys()].at(-1)).toBe('/lf/proxy/haproxy.cfg');
    for (const [path] of config.matchAll(/\/lf\/proxy\/[\w.-]+\.(html|txt|map)/g))
      expect(files.has(path), path).toBe(true);
  });

  it('has a fingerprint that follows the settings and not the apps', () => {
    expect(config).toContain(`\n  description ${fingerprint(settings)}\n`);
    expect(fingerprint({ ...settings, httpPort: 81 })).not.toBe(fingerprint(settings));
    expect(fingerprint({ ...settings, domain: 'other.test' })).not.toBe(fingerprint(settings));
    expect(render(settings, emptyTable).get('/lf/proxy/haproxy.cfg')).toContain(fingerprint(settings));
  });

  it('writes pages in which only HAProxy’s own expressions have a percent sign', () => {
    for (const [path, text] of files)
      if (/\.(html|txt)$/.test(path)) expect(text.replaceAll(/%\[[^\]]*\]/g, ''), path).not.toContain('%');
  });
});

describe('commands', () => {
  const maps = { hosts: '/h.map', apps: '/a.map' };

  it('are one line each', () => {
    expect(line({ do: 'address', server: 'b1/s1', host: '10.0.0.1', port: 80 }, maps)).toBe(
      'set server b1/s1 addr 10.0.0.1 port 80',
    );
    expect(line({ do: 'state', server: 'b1/s1', state: 'drain' }, maps)).toBe('set server b1/s1 state drain');
    expect(line({ do: 'shutdown', server: 'b1/s1' }, maps)).toBe('shutdown sessions server b1/s1');
    expect(line({ do: 'map', map: 'hosts', verb: 'set', key: 'a.test', value: 'b1' }, maps)).toBe(
      'set map /h.map a.test b1',
    );
    expect(line({ do: 'unmap', map: 'apps', key: 'b1' }, maps)).toBe('del map /a.map b1');
  });

  it('have failed when HAProxy says anything but what it says of a changed address', () => {
    const move = { do: 'address', server: 'b1/s1', host: '10.0.0.1', port: 80 } as const;
    expect(
      succeeded(move, "no need to change the addr, port changed from '1' to '80' by 'stats socket command'"),
    ).toBe(true);
    expect(
      succeeded(
        move,
        "IP changed from '127.0.0.1' to '10.0.0.1', port changed from '1' to '80' by 'stats socket command'",
      ),
    ).toBe(true);
    expect(succeeded(move, 'No such server.')).toBe(false);
    expect(succeeded({ do: 'unmap', map: 'apps', key: 'b1' }, 'Key not found.')).toBe(false);
    expect(succeeded({ do: 'unmap', map: 'apps', key: 'b1' }, '')).toBe(true);
  });
});

describe('answers', () => {
  it('of a worker read as a table: any maintenance is maint, any drain is drain', () => {
    const header = '1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_port';
    const servers = [
      '5 b1 1 s1 10.0.0.1 2 4 5000',
      '5 b1 2 s2 10.0.0.2 2 8 5000',
      '5 b1 3 s3 127.0.0.1 0 5 1',
      '4 control 1 control - 2 0 0',
    ];
    const read = readTable(
      [header, ...servers].join('\n'),
      new Map([
        ['a.test', 'b1'],
        ['landfall.test', 'control'],
      ]),
      new Map([['b1', 'id1:shop']]),
    );
    expect(read).toEqual({
      backends: [
        {
          name: 'b1',
          app: { id: 'id1', name: 'shop' },
          slots: [
            { name: 's1', host: '10.0.0.1', port: 5000, state: 'ready' },
            { name: 's2', host: '10.0.0.2', port: 5000, state: 'drain' },
            { name: 's3', host: '127.0.0.1', port: 1, state: 'maint' },
          ],
        },
      ],
      hosts: new Map([['a.test', 'b1']]),
    });
  });

  it('about connections: busy is used or idle', () => {
    const text = [
      '# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb safe_nb idle_lim idle_cur idle_per_thr[2]',
      'b1/s1 5/1 10.0.0.1 5000 - 5000 1 2 2 1 0 -1 0 0 0',
      'b1/s2 5/2 10.0.0.2 5000 - 5000 0 2 2 1 0 -1 1 0 1',
      'b1/s3 5/3 127.0.0.1 1 - 5000 0 0 0 0 0 -1 0 0 0',
    ].join('\n');
    expect(readBusy(text)).toEqual(new Set(['b1/s1', 'b1/s2']));
    expect(readAddresses(text).get('b1/s2')).toBe('10.0.0.2:5000');
  });

  it('about sessions: open requests, or connections in use where those are more', () => {
    const text =
      '# pxname,svname,qcur,scur,addr,used_conn_cur\nb1,s1,1,2,10.0.0.1:5000,2\nb1,s2,0,0,10.0.0.2:5000,1\n';
    expect(readSessions(text)).toEqual(
      new Map([
        ['10.0.0.1:5000', 3],
        ['10.0.0.2:5000', 1],
      ]),
    );
  });

  it('name the server of each session', () => {
    const text =
      '0x7f5c: proto=tcpv4 src=127.0.0.1:50260 fe=public be=b1 srv=s2 ts=00 epoch=0 age=0s calls=2\n0x7f5d: proto=unix_stream src=unix:1 fe=GLOBAL be=<NONE> srv=<none> ts=00\n';
    expect(readSessionIds(text).get('0x7f5c')).toBe('b1/s2');
  });

  it('of the master tell the worker, the old ones and how reloads went', () => {
    const text = `#<PID>          <type>          <reloads>       <uptime>        <version>
29432           master          3 [failed: 1]   0d00h00m00s     2.6.12
# workers
29438           worker          0               0d00h00m00s     2.6.12
# old workers
29434           worker          1               0d00h00m00s     2.6.12
# programs
`;
    expect(readProcesses(text)).toEqual({ reloads: 3, failed: 1, worker: 29438, old: [29434] });
  });

  it('of info are pairs', () => {
    expect(readInfo('Pid: 7\nStopping: 0\ndescription: landfall-1\n').get('description')).toBe('landfall-1');
  });
});
