package client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.PreconditionFailure;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.List;
import java.util.concurrent.Callable;

/** The error of a call that must fail, with its details. */
record Refusal(
    String code,
    ErrorInfo info,
    List<PreconditionFailure.Violation> unmet,
    List<BadRequest.FieldViolation> fields) {

  static Refusal of(Callable<?> call) throws Exception {
    try {
      call.call();
    } catch (StatusRuntimeException error) {
      return read(error);
    }
    throw new AssertionError("not kept: the call is refused");
  }

  String total() {
    return info.getMetadataOrDefault("violations_total", "none");
  }

  private static Refusal read(StatusRuntimeException error) throws InvalidProtocolBufferException {
    ErrorInfo info = ErrorInfo.getDefaultInstance();
    List<PreconditionFailure.Violation> unmet = List.of();
    List<BadRequest.FieldViolation> fields = List.of();
    for (Any detail : StatusProto.fromThrowable(error).getDetailsList()) {
      if (detail.is(ErrorInfo.class)) {
        info = detail.unpack(ErrorInfo.class);
      } else if (detail.is(PreconditionFailure.class)) {
        unmet = detail.unpack(PreconditionFailure.class).getViolationsList();
      } else if (detail.is(BadRequest.class)) {
        fields = detail.unpack(BadRequest.class).getFieldViolationsList();
      }
    }
    return new Refusal(error.getStatus().getCode().name(), info, unmet, fields);
  }
}
