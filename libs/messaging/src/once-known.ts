import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';

const TRIES = 50;
const PAUSE_MS = 200;

/** A broker's answers about a topic that was just created. */
const NOT_YET = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION']);

/** Repeats a request for at most ten seconds, while the answer is undefined or that a topic is not known yet. */
export async function onceKnown<Answer>(ask: () => Promise<Answer | undefined>): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
      if (attempt === TRIES) throw new Error('new topics have no leaders yet');
    } catch (error) {
      const isNew = error instanceof kafkajs.KafkaJSProtocolError && NOT_YET.has(error.type);
      if (!isNew || attempt === TRIES) throw error;
    }
    await pause(PAUSE_MS);
  }
}
