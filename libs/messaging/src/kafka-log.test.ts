import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { forwardLog } from './kafka-log.ts';

const { ERROR, WARN } = kafkajs.logLevel;

function forwarded(level: number, message: string): readonly [string, string, object][] {
  const said: [string, string, object][] = [];
  const say = (name: string) => (fields: object, text: string) => void said.push([name, text, fields]);
  const log = { timestamp: 'now', logger: 'kafkajs', stack: 'at …', broker: 'b:1', message };
  forwardLog(
    { info: say('info'), warn: say('warn'), error: say('error') },
    { namespace: 'Connection', level, label: '', log },
  );
  return said;
}

describe('what kafkajs says', () => {
  it('keeps its level and fields, without what the log has anyway', () => {
    expect(forwarded(ERROR, 'Connection timeout')).toEqual([
      ['error', 'kafka: Connection timeout', { broker: 'b:1' }],
    ]);
    expect(forwarded(WARN, 'Removed group')).toEqual([['warn', 'kafka: Removed group', { broker: 'b:1' }]]);
  });

  it('is information when a request was refused: its caller gets the error and decides', () => {
    const [[level] = []] = forwarded(ERROR, 'Response CreateTopics(key: 19, version: 3)');
    expect(level).toBe('info');
  });

  it('is left out when it warns of what is done on purpose', () => {
    expect(
      forwarded(WARN, 'Limiting retries for the idempotent producer may invalidate EoS guarantees'),
    ).toEqual([]);
  });
});
