/**
 * Each process of the bench has its own session, as each would have its own container elsewhere. Linux first shares
 * cores between sessions (sched_autogroup). In one session, ten processes of the bench would together get the share of
 * one engine.
 */
export const OWN_SESSION = true;
