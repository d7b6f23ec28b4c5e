/**
 * Each process of the bench has a session of its own, as each has a container elsewhere: Linux shares cores between sessions
 * first (sched_autogroup), and ten processes in the bench's would have together what one engine has.
 */
export const OWN_SESSION = true;
