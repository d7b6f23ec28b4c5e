import { describe, expect, it } from 'vitest';
import { accessProblems } from './access-config.ts';

const variablesOf = (set: Readonly<Record<string, string>>): readonly string[] =>
  accessProblems(set).map((problem) => problem.split(':')[0] ?? '');

const ELSEWHERE = { MERIDIAN_GRPC_ADDRESS: '0.0.0.0:7001' };
const TOKENS = { MERIDIAN_TOKEN_ISSUER: 'https://issuer.test', MERIDIAN_TOKEN_KEYS_FILE: 'keys' };
const TLS = { MERIDIAN_TLS_CERTIFICATE_FILE: 'c', MERIDIAN_TLS_KEY_FILE: 'k' };
const CLOSED = { MERIDIAN_ACCESS: 'closed' };

describe('an open listener', () => {
  it('binds to this machine only, unless it is told that the network may reach it', () => {
    for (const address of ['127.0.0.1:7001', '127.8.0.1:1', 'localhost:7001', '[::1]:7001'])
      expect(variablesOf({ MERIDIAN_GRPC_ADDRESS: address }), address).toEqual([]);
    for (const address of [
      '0.0.0.0:7001',
      '[::]:7001',
      '10.0.0.1:7001',
      'host:7001',
      'localhost.example.org:1',
    ])
      expect(variablesOf({ MERIDIAN_GRPC_ADDRESS: address }), address).toEqual(['MERIDIAN_GRPC_ADDRESS']);
    expect(variablesOf({ ...ELSEWHERE, MERIDIAN_OPEN_TO: 'network' })).toEqual([]);
    expect(variablesOf({})).toEqual([]);
  });

  it('is refused where somebody believes that it is closed', () => {
    expect(variablesOf(TOKENS)).toEqual(['MERIDIAN_ACCESS']);
  });
});

describe('a closed listener', () => {
  it('needs somebody to let in: an issuer of tokens with one source of keys, or an authority', () => {
    expect(variablesOf(CLOSED)).toEqual(['MERIDIAN_ACCESS']);
    expect(variablesOf({ ...CLOSED, ...TOKENS })).toEqual([]);
    expect(variablesOf({ ...CLOSED, ...TLS, MERIDIAN_TLS_CLIENT_AUTHORITY_FILE: 'a' })).toEqual([]);
    expect(variablesOf({ ...CLOSED, MERIDIAN_TOKEN_ISSUER: 'i' })).toEqual(['MERIDIAN_TOKEN_KEYS_FILE']);
    expect(variablesOf({ ...CLOSED, MERIDIAN_TOKEN_KEYS_FILE: 'k' })).toEqual(['MERIDIAN_TOKEN_ISSUER']);
    expect(variablesOf({ ...CLOSED, ...TOKENS, MERIDIAN_TOKEN_KEYS_URL: 'https://i' })).toEqual([
      'MERIDIAN_TOKEN_KEYS_URL',
    ]);
  });

  it('sends no token through a network as it is', () => {
    expect(variablesOf({ ...CLOSED, ...TOKENS, ...ELSEWHERE })).toEqual(['MERIDIAN_TLS_CERTIFICATE_FILE']);
    expect(variablesOf({ ...CLOSED, ...TOKENS, ...ELSEWHERE, ...TLS })).toEqual([]);
    expect(variablesOf({ ...CLOSED, ...TOKENS, ...ELSEWHERE, MERIDIAN_OPEN_TO: 'network' })).toEqual([]);
  });

  it('has a certificate with its key, also to ask clients for theirs', () => {
    expect(variablesOf({ MERIDIAN_TLS_CERTIFICATE_FILE: 'c' })).toEqual(['MERIDIAN_TLS_KEY_FILE']);
    expect(variablesOf({ MERIDIAN_TLS_KEY_FILE: 'k' })).toEqual(['MERIDIAN_TLS_CERTIFICATE_FILE']);
    expect(variablesOf({ ...CLOSED, MERIDIAN_TLS_CLIENT_AUTHORITY_FILE: 'a' })).toEqual([
      'MERIDIAN_TLS_CERTIFICATE_FILE',
    ]);
  });
});
