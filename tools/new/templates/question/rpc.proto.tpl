  // One row of {{subject}}. Fails with NOT_FOUND ({{SUBJECT}}_NOT_FOUND).
  rpc {{Method}}({{Method}}Request) returns ({{Method}}Response);
