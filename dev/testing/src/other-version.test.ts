import { describe, expect, it } from 'vitest';
import { checkOut } from './other-version.ts';

describe('a version to upgrade from', () => {
  it('that the clone does not hold is refused with what to do', async () => {
    await expect(checkOut('0123456789abcdef0123456789abcdef01234567')).rejects.toThrow(
      'git fetch --unshallow',
    );
  });

  it('is no option of git', async () => {
    await expect(checkOut('--help')).rejects.toThrow('has no commit --help');
  });
});
