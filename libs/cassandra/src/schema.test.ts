import { describe, expect, it, vi } from 'vitest';
import { changeSchema, checkedName } from './schema.ts';

describe('checkedName', () => {
  it.each(['meridian', 'meridian_keys', 'g2', `a${'b'.repeat(47)}`])('takes %s', (name) =>
    expect(checkedName(name)).toBe(name),
  );

  it.each(['', 'Meridian', '2g', '_a', 'a-b', 'a b', 'a;DROP KEYSPACE b', 'a"', `a${'b'.repeat(48)}`])(
    'refuses "%s": a name cannot be bound',
    (name) => expect(() => checkedName(name)).toThrow(/is no name/),
  );
});

describe('changeSchema', () => {
  it('runs a change again that met another one', async () => {
    const change = vi.fn().mockRejectedValueOnce(new Error('concurrent change')).mockResolvedValue(undefined);
    await changeSchema({ schema: change }, ['CREATE TABLE IF NOT EXISTS t']);
    expect(change).toHaveBeenCalledTimes(2);
  });

  it('gives up in the end, with what was wrong', async () => {
    const change = vi.fn().mockRejectedValue(new Error('no such table'));
    await expect(changeSchema({ schema: change }, [], 2)).rejects.toThrow('no such table');
    expect(change).toHaveBeenCalledTimes(2);
  });
});
