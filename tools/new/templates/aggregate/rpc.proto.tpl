  // Makes a {{aggregate}}. Fails with ALREADY_EXISTS, reason {{AGGREGATE}}_EXISTS, when the id is taken.
  rpc Create{{Aggregate}}(Create{{Aggregate}}Request) returns (Create{{Aggregate}}Response);
