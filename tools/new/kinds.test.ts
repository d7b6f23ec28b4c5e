import { describe, expect, it } from 'vitest';
import { workspaceRoot } from '../shell/workspace.ts';
import { planNewAggregate } from './kinds/aggregate.ts';
import { planNewCommand } from './kinds/command.ts';
import { planNewEvent } from './kinds/event.ts';
import { planNewQuestion } from './kinds/question.ts';
import { planNewReadModel } from './kinds/read-model.ts';
import type { Options } from './options.ts';
import { createPlan, type Plan } from './plan.ts';

type Planner = (plan: Plan, name: string, options: Options) => Promise<void>;

async function planned(planner: Planner, name: string, options: Options): Promise<Plan> {
  const plan = createPlan(workspaceRoot);
  await planner(plan, name, options);
  return plan;
}

describe('what the generators plan', () => {
  it('for a read model: 14 new files and 9 edits, of which 3 are left to a person', async () => {
    const plan = await planned(planNewReadModel, 'shipments', { aggregate: 'order' });
    expect([plan.created.length, plan.edited.length, plan.todos.length]).toEqual([14, 9, 3]);
    expect(plan.todos.every((todo) => plan.created.some((path) => todo.startsWith(path)))).toBe(true);
  });

  it('for a question on each read model with a row per aggregate', async () => {
    const tables = {
      catalog: 'product',
      inventory: 'availability',
      customers: 'customer',
      orders: 'order_step',
    };
    for (const [model, table] of Object.entries(tables)) {
      const plan = await planned(planNewQuestion, 'get-thing', { 'read-model': model, table });
      expect([plan.created.length, plan.edited.length]).toEqual([3, 4]);
    }
  });

  it('for a command and for an event of each aggregate', async () => {
    for (const aggregate of ['product', 'stock', 'customer', 'order']) {
      const command = await planned(planNewCommand, 'do-thing', { aggregate });
      expect([command.created.length, command.edited.length]).toEqual([3, 4]);
      const event = await planned(planNewEvent, 'ThingDone', { aggregate });
      expect([event.created.length, event.edited.length]).toEqual([2, 3]);
    }
  });

  it('for an aggregate of each context, each with a table of its own', async () => {
    for (const context of ['catalog', 'inventory', 'customers', 'orders']) {
      const plan = await planned(planNewAggregate, 'voucher', { context });
      expect([plan.created.length, plan.edited.length]).toEqual([8, 12]);
    }
  });

  it('for columns of all kinds, with a golden hash that says what the projection gives', async () => {
    const columns = 'a:text,b:bigint,c:int,d:boolean,e:timestamp';
    const plan = await planned(planNewReadModel, 'shipments', { aggregate: 'stock', columns });
    expect(plan.read('proto/meridian/shipments/v1/query_service.proto')).toContain(
      'google.protobuf.Timestamp e = 6;',
    );
    expect(plan.read('tests/faults/src/read/oracle/shipments-rows.ts')).toContain('e: time, version');
  });
});

const refused: readonly (readonly [Planner, string, Options, string])[] = [
  [planNewReadModel, 'orders', { aggregate: 'order' }, 'orders exists already'],
  [planNewReadModel, 'registry', { aggregate: 'order' }, 'reserved word'],
  [planNewReadModel, 'new-words', { aggregate: 'order' }, 'is no name'],
  [planNewReadModel, 'shipments', { aggregate: 'ship' }, '--aggregate must be one of product, stock'],
  [planNewReadModel, 'shipments', {}, 'it is not given'],
  [planNewReadModel, 'shipments', { aggregate: 'order', columns: 'A:text' }, 'is no column'],
  [planNewReadModel, 'shipments', { aggregate: 'order', columns: 'a:uuid' }, 'a must be one of text'],
  [planNewReadModel, 'shipments', { aggregate: 'order', columns: 'a:text,a:int' }, 'has a already'],
  [planNewReadModel, 'shipments', { aggregate: 'order', columns: 'order_id:text' }, 'has order_id already'],
  [planNewQuestion, 'get-product', { 'read-model': 'catalog' }, 'exists already'],
  [planNewQuestion, 'find-product', { 'read-model': 'catalog' }, 'begins with get-'],
  [planNewQuestion, 'get-thing', { 'read-model': 'nothing' }, '--read-model must be one of catalog'],
  [planNewQuestion, 'get-thing', { 'read-model': 'sales' }, 'no table of sales has one row per aggregate'],
  [planNewQuestion, 'get-thing', { 'read-model': 'catalog', table: 'x' }, 'catalog has no table x'],
  [planNewCommand, 'pay-order', { aggregate: 'order' }, 'exists already'],
  [planNewCommand, 'pay/order', { aggregate: 'order' }, 'is no name'],
  [planNewCommand, 'do-thing', { aggregate: 'toString' }, 'it is toString'],
  [planNewCommand, 'do-thing', { aggregate: 'order', event: 'PriceChanged' }, 'must be an event of a order'],
  [planNewCommand, 'do-thing', { aggregate: 'order', event: 'OrderPaid' }, 'leave --event out'],
  [planNewAggregate, 'stock', { context: 'inventory' }, 'stock exists already'],
  [planNewAggregate, 'receipt', { context: 'inventory' }, 'receipt exists already'],
  [planNewAggregate, 'voucher', { context: 'sales' }, '--context must be one of catalog'],
  [planNewEvent, 'OrderPaid', { aggregate: 'order' }, 'the event OrderPaid exists already'],
  [planNewEvent, 'thing_done', { aggregate: 'order' }, 'is no name'],
];

describe('what the generators refuse, before they write', () => {
  it.each(refused)('%o %s %j: %s', async (planner, name, options, reason) => {
    await expect(planned(planner, name, options)).rejects.toThrow(reason);
  });
});
