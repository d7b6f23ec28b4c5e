  // TODO(new): what {{Name}} does to a {{aggregate}}, and its refusals. Fails with NOT_FOUND ({{AGGREGATE}}_NOT_FOUND).
  rpc {{Name}}({{Name}}Request) returns ({{Name}}Response);
