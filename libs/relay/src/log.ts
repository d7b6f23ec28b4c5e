export type { Log } from '@meridian/kernel';
