import { describe, expect, it } from 'vitest';
import {
  createNotificationListeners,
  type EventNotification,
  type NotificationListener,
} from './notifications.ts';

const event: EventNotification = { key: 'orders/3', context: 'orders', position: 7n, aggregateId: 'o-1' };

/** A listener, and what it was told. */
function noting() {
  const told: unknown[] = [];
  const listener: NotificationListener = {
    notify: (seen) => told.push(seen),
    notificationsArrive: (arrive) => told.push(arrive),
  };
  return { told, listener };
}

describe('listeners', () => {
  it('are told of events, and whether notifications arrive, until they leave', () => {
    const listeners = createNotificationListeners();
    const [one, other] = [noting(), noting()];
    const leave = listeners.add(one.listener);
    listeners.add(other.listener);
    listeners.notificationsArrive(true);
    listeners.notify(event);
    leave();
    listeners.notificationsArrive(false);
    expect(one.told).toEqual([true, event]);
    expect(other.told).toEqual([true, event, false]);
  });

  it('that come later know at once whether notifications arrive', () => {
    const listeners = createNotificationListeners();
    const [early, late] = [noting(), noting()];
    listeners.notificationsArrive(true);
    listeners.add(early.listener);
    listeners.notificationsArrive(false);
    listeners.add(late.listener);
    expect(early.told).toEqual([true, false]);
    expect(late.told).toEqual([]);
  });
});
