import { describe, expect, it } from 'vitest';
import { dockerProgress } from './docker-progress.ts';
import type { EngineProgress } from './engine-types.ts';

function told(...lines: readonly string[]): readonly EngineProgress[] {
  const all: EngineProgress[] = [];
  lines.forEach(dockerProgress((progress) => all.push(progress)));
  return all;
}

describe('what Docker Compose prints', () => {
  it('is told as a download while images are pulled, layer by layer', () => {
    const [, ...layers] = told(
      ' kafka Pulling ',
      ' 8a49fdb3b6a5 Pulling fs layer ',
      ' 1f3e46996e29 Pulling fs layer ',
      ' 8a49fdb3b6a5 Downloading [=>    ]  1.2MB/30MB',
      ' 8a49fdb3b6a5 Download complete ',
      ' 8a49fdb3b6a5 Pull complete ',
      ' 1f3e46996e29 Already exists ',
    );
    const progress = layers.map(({ engine, step, done, total }) => [engine, step, done, total]);
    expect(progress.at(0)).toEqual(['docker', 'download', 0, 1]);
    expect(progress.slice(-3)).toEqual([
      ['docker', 'download', 0, 2],
      ['docker', 'download', 1, 2],
      ['docker', 'download', 2, 2],
    ]);
  });

  it('names the engine that it is about', () => {
    const about = told(
      ' kafka Pulled ',
      ' Container meridian-1234abcd-cassandra-us-east-1  Starting',
      ' Container meridian-1234abcd-mysql-1  Healthy',
      ' Network meridian-1234abcd_default  Created',
    );
    expect(about.map(({ engine, step }) => [engine, step])).toEqual([
      ['kafka', 'download'],
      ['cassandra-us-east', 'start'],
      ['mysql', 'ready'],
      ['docker', 'start'],
    ]);
  });
});
