const is{{Aggregate}}Event = (event: DomainEvent): event is {{Aggregate}}Event =>
  aggregateTypeOf(event.type) === '{{aggregate}}';
