import { describe, expect, it } from 'vitest';
import { targetsOf } from './targets.ts';

describe('targetsOf', () => {
  it('puts the IP addresses of a family into one target and gives each name one of its own', () => {
    expect(targetsOf(['127.0.0.1:7001', 'query:7101', '10.0.0.2:7001', '[::1]:7001'])).toEqual([
      'ipv4:127.0.0.1:7001,10.0.0.2:7001',
      'ipv6:[::1]:7001',
      'dns:///query:7101',
    ]);
  });

  it('leaves what names its scheme as it is', () => {
    expect(targetsOf(['dns:///commands.meridian.svc:7001'])).toEqual(['dns:///commands.meridian.svc:7001']);
  });

  it.each(['', '127.0.0.1', ':7001', 'host:port', 'host:70000', 'http://host:1', 'a:1,b:2'])(
    'refuses "%s"',
    (address) => {
      expect(() => targetsOf([address])).toThrow(TypeError);
    },
  );

  it('refuses an empty list', () => {
    expect(() => targetsOf([])).toThrow(TypeError);
  });
});
