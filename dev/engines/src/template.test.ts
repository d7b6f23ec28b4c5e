import { describe, expect, it } from 'vitest';
import { fillTemplate, jvmOptions } from './template.ts';

describe('fillTemplate', () => {
  it('puts each value in all its places', () => {
    expect(fillTemplate('a=${PORT}\nb=${PORT}:${HOST_1}', { PORT: 1, HOST_1: 'h' })).toBe('a=1\nb=1:h');
  });

  it('does not fill what a value brings', () => {
    expect(fillTemplate('${A}', { A: '${B} $&' })).toBe('${B} $&');
  });

  it('names every missing value and every value without a place', () => {
    expect(() => fillTemplate('${A} ${B}', { C: 1, D: 2 })).toThrow(
      /no value for \$\{A\}.*no value for \$\{B\}.*value C.*value D/,
    );
  });

  it('refuses a value that would begin a line of its own', () => {
    expect(() => fillTemplate('port=${PORT}', { PORT: '1\nbind=0.0.0.0' })).toThrow(
      /PORT holds a line break/,
    );
  });
});

describe('jvmOptions', () => {
  it('gives one option a line, without comments and empty lines', () => {
    expect(jvmOptions('# why\n-Xmx${MB}m\n\n  -Da=b c \n', { MB: 5 })).toEqual(['-Xmx5m', '-Da=b c']);
  });
});
