
// Asks to make a {{aggregate}}.
message Create{{Aggregate}}Request {
  // A UUID made once for this command by the caller, of any version; not the nil or the max UUID. Required.
  string request_id = 1;
  // The {{aggregate}}'s id: 1 to 64 of letters, digits, '.', '_', ':' and '-', a letter or digit first. Made by the
  // service when empty.
  string {{idField}} = 2;
}

// The {{aggregate}} was made.
message Create{{Aggregate}}Response {
  // Id, version and token.
  meridian.common.v1.CommandReceipt receipt = 1;
}
