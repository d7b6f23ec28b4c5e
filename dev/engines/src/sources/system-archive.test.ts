import { describe, expect, it } from 'vitest';
import { debianRelease, mainArchive, parseDeb822, parseOneLineList } from './system-archive.ts';

const deb822 = `Types: deb deb-src
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
`;

const oneLine = `# deb http://old.example/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://tools.example/apt tools-bookworm main
deb-src http://mirror.example/debian bookworm main
deb http://mirror.example/debian bookworm main contrib # the archive
`;

describe('the archive that this machine comes from', () => {
  it('is found in deb822 files', () => {
    const entries = parseDeb822(deb822);
    expect(entries.map(({ uri }) => uri)).toEqual([
      'http://mirror.example/debian',
      'http://mirror.example/debian-security',
    ]);
    expect(mainArchive(entries, 'bookworm')).toBe('http://mirror.example/debian');
  });

  it('is found in one-line lists', () => {
    const entries = parseOneLineList(oneLine);
    expect(entries).toHaveLength(2);
    expect(mainArchive(entries, 'bookworm')).toBe('http://mirror.example/debian');
  });

  it('is not another archive that only sounds like it', () => {
    expect(
      mainArchive(parseOneLineList(oneLine.replaceAll(' bookworm main', ' trixie main')), 'bookworm'),
    ).toBeUndefined();
  });

  it('is of a family that carries MySQL', () => {
    expect(debianRelease('ID=debian\nVERSION_CODENAME=bookworm\n')).toEqual({
      family: 'debian',
      codename: 'bookworm',
    });
    const mint = 'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME=noble\n';
    expect(debianRelease(mint)).toEqual({ family: 'ubuntu', codename: 'noble' });
    expect(debianRelease('ID=fedora\n')).toBeUndefined();
  });
});
