import type { EngineProgress } from '@meridian/engines';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { engineProgress } from './progress.ts';

describe('engineProgress', () => {
  let printed = '';
  beforeEach(() => {
    printed = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
  });
  afterEach(() => void vi.restoreAllMocks());

  const shown = (...steps: readonly EngineProgress[]) => {
    const show = engineProgress();
    for (const step of steps) show(step);
    return printed.trimEnd().split('\n');
  };
  const download = (done: number, total?: number): EngineProgress => ({
    engine: 'kafka',
    step: 'download',
    message: 'kafka: libraries',
    done,
    unit: 'files',
    ...(total === undefined ? {} : { total }),
  });

  it('shows a download of unknown length every tenth file', () => {
    const steps = Array.from({ length: 26 }, (_, done) => download(done));
    expect(shown(...steps)).toEqual([
      '  kafka: libraries',
      '  kafka: libraries, 10 files',
      '  kafka: libraries, 20 files',
    ]);
  });

  it('shows a download of known length every tenth of it', () => {
    const steps = Array.from({ length: 41 }, (_, done) => download(done, 40));
    expect(shown(...steps)).toHaveLength(11);
    expect(printed).toContain('kafka: libraries 50 %');
  });

  it('says once that an engine starts, whatever it tells meanwhile', () => {
    const start = (message: string): EngineProgress => ({ engine: 'mysql', step: 'start', message });
    expect(shown(start('mysql: starting'), start('mysql: creating its data'))).toEqual(['  mysql: starting']);
  });
});
