
// Asks for {{Name}}.
message {{Name}}Request {
  // A UUID made once for this command by the caller, of any version; not the nil or the max UUID. Required.
  string request_id = 1;
  // The {{aggregate}}: 1 to 64 of letters, digits, '.', '_', ':' and '-', a letter or digit first. Required.
  string {{idField}} = 2;
  // At least 1. When set, the command is refused with ABORTED, reason VERSION_MISMATCH, unless the {{aggregate}} is at
  // this version.
  optional uint64 expected_version = 3;
}

// {{Name}} was done.
message {{Name}}Response {
  // Id, version and token.
  meridian.common.v1.CommandReceipt receipt = 1;
}
