"""A plugin for buf that makes the gRPC half of a Python client.

grpcio-tools brings its generator inside its own protoc and not as a program that buf could run. This plugin hands what buf has
read to that protoc, and hands back the files that it makes.
"""

import pathlib
import sys
import tempfile

from google.protobuf import descriptor_pb2
from google.protobuf.compiler import plugin_pb2
from grpc_tools import protoc


def main() -> None:
    request = plugin_pb2.CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    response = plugin_pb2.CodeGeneratorResponse()
    response.supported_features = response.FEATURE_PROTO3_OPTIONAL
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        descriptors = folder / "descriptors.binpb"
        made = folder / "made"
        made.mkdir()
        files = descriptor_pb2.FileDescriptorSet(file=request.proto_file)
        descriptors.write_bytes(files.SerializeToString())
        arguments = ["protoc", f"--descriptor_set_in={descriptors}", f"--grpc_python_out={made}"]
        if protoc.main([*arguments, *request.file_to_generate]) != 0:
            response.error = "grpc_tools.protoc failed"
        for path in sorted(made.rglob("*.py")):
            response.file.add(name=path.relative_to(made).as_posix(), content=path.read_text())
    sys.stdout.buffer.write(response.SerializeToString())


main()
