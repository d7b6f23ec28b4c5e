// What tests of other packages need of this one.
export * from './certificates.ts';
