  '/meridian.{{context}}.v1.{{Context}}CommandService/{{Name}}': message({
    requestId: requestId(),
    {{id}}: id(),
    expectedVersion: expectedVersion(),
  }),
