import { describe, expect, test } from 'vitest';
import { appUrl, parseSettings } from '../../src/config.ts';

describe('settings', () => {
  test('the defaults are valid', () => {
    const settings = parseSettings({});
    expect(settings).toMatchObject({
      home: '/var/lib/landfall',
      domain: 'localhost',
      httpPort: 80,
      subnet: '10.201.0.0/16',
      instance: 'landfall',
    });
    expect(appUrl(settings, 'shop')).toBe('http://shop.localhost/');
    expect(appUrl({ ...settings, httpPort: 8080 }, 'shop')).toBe('http://shop.localhost:8080/');
  });

  const wrong: [string, unknown][] = [
    ['LANDFALL_HOME', 'relative'],
    ['LANDFALL_HOME', `/${'long'.repeat(30)}`],
    ['LANDFALL_DOMAIN', 'UPPER.example'],
    ['LANDFALL_DOMAIN', 'a b'],
    ['LANDFALL_DOMAIN', 'x.com\nmore'],
    ['LANDFALL_HTTP_PORT', '0'],
    ['LANDFALL_HTTP_PORT', 'http'],
    ['LANDFALL_SUBNET', '10.0.0.0/30'],
    ['LANDFALL_INSTANCE', 'a/b'],
  ];
  for (const [name, value] of wrong)
    test(`${name}=${JSON.stringify(value).slice(0, 30)} is refused by name`, () => {
      expect(() => parseSettings({ [name]: value })).toThrow(
        expect.objectContaining({ code: 'bad-setting', message: expect.stringContaining(name) }),
      );
    });
});
