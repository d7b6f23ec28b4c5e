import { describe, expect, it } from 'vitest';
import { baseOf } from './build-images.ts';
import { imageConfig } from './builder.ts';
import { changesBetween, shellsAmong } from './root-files.ts';

describe('the Dockerfile', () => {
  it('names its base by digest', () => {
    expect(baseOf()).toMatch(/^gcr\.io\/distroless\/nodejs24-debian13:nonroot@sha256:[0-9a-f]{64}$/);
  });
});

describe('imageConfig', () => {
  it('reads what an image says about itself', () => {
    const config = { User: '65532', Entrypoint: ['/node'], Env: ['A=b=c'], Labels: { title: 'x' } };
    expect(imageConfig(config)).toEqual({
      user: '65532',
      entrypoint: ['/node'],
      env: ['A=b=c'],
      labels: { title: 'x' },
    });
  });

  it('takes what is left out for empty', () => {
    expect(imageConfig({})).toEqual({ user: '', entrypoint: [], env: [], labels: {} });
  });
});

describe('shellsAmong', () => {
  it('finds shells by their names, and nothing else', () => {
    const files = [
      'usr/bin/dash',
      'bin/sh',
      'busybox',
      'usr/lib/libsh.so',
      'app/files/push',
      'nodejs/bin/node',
    ];
    expect(shellsAmong(files)).toEqual(['usr/bin/dash', 'bin/sh', 'busybox']);
  });
});

describe('changesBetween', () => {
  it('tells what was made, removed and written', () => {
    const before = new Map([
      ...([
        ['same', '1'],
        ['gone', '1'],
        ['written', '1'],
      ] as const),
    ]);
    const after = new Map([
      ...([
        ['same', '1'],
        ['made', '1'],
        ['written', '2'],
      ] as const),
    ]);
    expect(changesBetween(before, after)).toEqual(['gone', 'made', 'written']);
  });
});
