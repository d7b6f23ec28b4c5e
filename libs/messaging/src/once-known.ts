import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';

const TRIES = 50;
const PAUSE_MS = 200;

/** What a broker answers about a topic that was made a moment ago. */
const NOT_YET = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION']);

/** Asks again, for ten seconds, while the answer is that a topic is not known yet, or undefined. */
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
