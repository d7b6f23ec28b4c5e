  '/meridian.{{model}}.v1.{{Model}}QueryService/{{Method}}': message({ {{id}}: id(), read: readOptions() }),
