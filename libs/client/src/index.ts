export type { ConsistencyToken, Freshness, Money } from '@meridian/contracts';
export {
  createJournalReader,
  type JournalChunk,
  type JournalRange,
  type JournalReader,
  type JournalReaderOptions,
} from './journal-reader.ts';
export { createMeridianClient, type MeridianClient, type MeridianClientOptions } from './meridian-client.ts';
export {
  failureOf,
  fieldViolationsOf,
  isRefusal,
  isRegionBehind,
  refusalOf,
  regionBehindOf,
  type CallFailure,
  type FieldViolation,
  type RefusalAnswer,
  type RegionLag,
} from './errors.ts';
export { gathered, historyOf, pagesOf } from './pages.ts';
export { requestIdOf, type MeridianCallOptions, type SessionOptions } from './session.ts';
export { channelSecurity, tokenOfFile, type ChannelSecurity } from './channel-security.ts';
export type { CertificateFiles, ChannelTls, TokenSource } from '@meridian/rpc';
