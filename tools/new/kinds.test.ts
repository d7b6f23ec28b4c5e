import { describe, expect, it } from 'vitest';
import { planned } from './planned.ts';

const plannedBy = (line: string) => planned(line.split(' '));

describe('what the generators plan', () => {
  it('for a read model: 13 new files, 3 of them by a person, and 9 edits, 1 of them a decision', async () => {
    const plan = await plannedBy('read-model specimens --aggregate order');
    const left = (paths: readonly string[]) =>
      paths.filter((path) => plan.todos.some((todo) => todo.startsWith(`${path}:`)));
    expect([plan.created.length, left(plan.created).length, plan.edited.length]).toEqual([13, 3, 9]);
    expect([left(plan.edited), plan.todos.length]).toEqual([['libs/access/src/table.ts'], 4]);
  });

  it.each([
    ['question get-thing --read-model catalog', 'CatalogQueryServiceDefinition', 'getThing'],
    ['read-model specimens --aggregate order', 'SpecimensQueryServiceDefinition', 'getSpecimens'],
    ['command do-thing --aggregate order', 'OrdersCommandServiceDefinition', 'doThing'],
    ['aggregate example --context customers', 'CustomersCommandServiceDefinition', 'createExample'],
  ])('lets nobody but the operator call it, and asks who may: %s', async (line, service, method) => {
    const plan = await plannedBy(line);
    const [, after = ''] = plan.read('libs/access/src/table.ts').split(`\n  ${service}: {`);
    const [entries = ''] = after.split('\n  },');
    expect(entries).toMatch(
      new RegExp(`// TODO\\(new\\): who may call .*\n    ${method}: staffOnly\\('operator'\\),$`),
    );
    expect(plan.todos.filter((todo) => todo.includes('who may call'))).toHaveLength(1);
  });

  it('for a read model with columns of all kinds', async () => {
    const columns = 'a:text,b:bigint,c:int,d:boolean,e:timestamp';
    const plan = await plannedBy(`read-model specimens --aggregate stock --columns ${columns}`);
    const proto = plan.read('proto/meridian/specimens/v1/query_service.proto');
    expect(proto).toContain('google.protobuf.Timestamp e = 6;');
    expect(plan.read('tests/faults/src/read/oracle/specimens-rows.ts')).toContain('e: time, version');
  });

  it('for a question on each read model with a row per aggregate', async () => {
    const tables = {
      catalog: 'product',
      inventory: 'availability',
      customers: 'customer',
      orders: 'order_step',
    };
    for (const [model, table] of Object.entries(tables)) {
      const plan = await plannedBy(`question get-thing --read-model ${model} --table ${table}`);
      expect([plan.created.length, plan.edited.length]).toEqual([3, 5]);
    }
  });

  it('for a command and for an event of each aggregate', async () => {
    for (const aggregate of ['product', 'stock', 'customer', 'order']) {
      const command = await plannedBy(`command do-thing --aggregate ${aggregate}`);
      expect([command.created.length, command.edited.length]).toEqual([3, 5]);
      const event = await plannedBy(`event ThingDone --aggregate ${aggregate}`);
      expect([event.created.length, event.edited.length]).toEqual([2, 3]);
    }
  });

  it('for an aggregate of each context, each with a table of its own', async () => {
    for (const context of ['catalog', 'inventory', 'customers', 'orders']) {
      const plan = await plannedBy(`aggregate example --context ${context}`);
      expect([plan.created.length, plan.edited.length]).toEqual([8, 14]);
      expect(plan.read('apps/cli/src/commands/trace/kinds.ts')).toContain('  example: undefined,\n};');
    }
  });
});

describe('what the generators refuse, before they write', () => {
  it.each([
    ['nothing a', 'there is no kind "nothing"'],
    ['event', 'event takes one name'],
    ['event ThingDone --aggregate order more', 'event takes one name'],
    ['event ThingDone --unknown order', '--unknown'],
    ['read-model orders --aggregate order', 'orders exists already'],
    ['read-model common --aggregate order', 'reserved word'],
    ['read-model new-words --aggregate order', 'is no name'],
    ['read-model specimens --aggregate ship', '--aggregate must be one of product, stock'],
    ['read-model specimens', 'it is not given'],
    ['read-model specimens --aggregate order --columns A:text', 'is no column'],
    ['read-model specimens --aggregate order --columns a:uuid', 'a must be one of text'],
    ['read-model specimens --aggregate order --columns a:text,a:int', 'has a already'],
    ['read-model specimens --aggregate order --columns order_id:text', 'has order_id already'],
    ['question get-product --read-model catalog', 'exists already'],
    ['question find-product --read-model catalog', 'begins with get-'],
    ['question get-thing --read-model nothing', '--read-model must be one of catalog'],
    ['question get-thing --read-model sales', 'no table of sales has one row per aggregate'],
    ['question get-thing --read-model catalog --table x', 'catalog has no table x'],
    ['command pay-order --aggregate order', 'exists already'],
    ['command pay/order --aggregate order', 'is no name'],
    ['command do-thing --aggregate toString', 'it is toString'],
    ['command do-thing --aggregate order --event PriceChanged', 'must be an event of an aggregate'],
    ['command do-thing --aggregate order --event OrderPaid', 'leave --event out'],
    ['event OrderPaid --aggregate order', 'the event OrderPaid exists already'],
    ['event thing_done --aggregate order', 'is no name'],
    ['aggregate stock --context inventory', 'stock exists already'],
    ['aggregate receipt --context inventory', 'receipt exists already'],
    ['aggregate example --context sales', '--context must be one of catalog'],
  ])('%s: %s', async (line, reason) => {
    await expect(plannedBy(line)).rejects.toThrow(reason);
  });
});
