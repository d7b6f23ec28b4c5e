syntax = "proto3";

// Questions to the read model {{name}}.
package meridian.{{name}}.v1;

import "meridian/common/v1/common.proto";

// Answers from this region's copy of {{name}}. Every answer says how fresh it is.
service {{Name}}QueryService {
}
