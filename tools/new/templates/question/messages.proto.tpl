
// Asks for one row of {{subject}}.
message {{Method}}Request {
  // The id: 1 to 64 of letters, digits, '.', '_', ':' and '-', a letter or digit first. Required.
  string {{idColumn}} = 1;
  // What the answer must include. Optional.
  meridian.common.v1.ReadOptions read = 2;
}

// One row of {{subject}}.
message {{Method}}Response {
  // The id that was asked for.
  string {{idColumn}} = 1;
{{fields}}
  // How fresh this answer is.
  meridian.common.v1.Freshness freshness = {{last}};
}
