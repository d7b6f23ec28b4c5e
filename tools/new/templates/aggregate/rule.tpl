  '/meridian.{{context}}.v1.{{Context}}CommandService/Create{{Aggregate}}': message({
    requestId: requestId(),
    {{id}}: optionalId(),
  }),
