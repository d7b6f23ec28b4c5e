
// TODO(new): the fact that {{Name}} states about a {{aggregate}}.
message {{Name}} {
  // The {{aggregate}}.
  string {{idField}} = 1;
}
