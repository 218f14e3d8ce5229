#include "gateway/edge/grpc_reflection.h"

#include <absl/status/status.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <vector>

namespace kefu::gateway {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
namespace v1alpha = grpc::reflection::v1alpha;

constexpr std::string_view kMethod = ".ServerReflection/ServerReflectionInfo";

const DescriptorPool& Pool() { return *DescriptorPool::generated_pool(); }

void NotFound(v1alpha::ServerReflectionResponse* response) {
  v1alpha::ErrorResponse& error = *response->mutable_error_response();
  error.set_error_code(static_cast<int>(absl::StatusCode::kNotFound));
  error.set_error_message("There is nothing of that name; list the services.");
}

// The file after all that it imports, each once.
void AddWithImports(const FileDescriptor& file, std::set<const FileDescriptor*>* added,
                    v1alpha::FileDescriptorResponse* response) {
  if (!added->insert(&file).second) return;
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  response->add_file_descriptor_proto(proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i)
    AddWithImports(*file.dependency(i), added, response);
}

void ShowFile(const FileDescriptor* file, v1alpha::ServerReflectionResponse* response) {
  if (file == nullptr) return NotFound(response);
  std::set<const FileDescriptor*> added;
  AddWithImports(*file, &added, response->mutable_file_descriptor_response());
}

const FileDescriptor* FileOfExtension(const v1alpha::ExtensionRequest& request) {
  const auto* type = Pool().FindMessageTypeByName(request.containing_type());
  if (type == nullptr) return nullptr;
  const FieldDescriptor* field = Pool().FindExtensionByNumber(type, request.extension_number());
  return field == nullptr ? nullptr : field->file();
}

void ShowExtensionNumbers(const std::string& name, v1alpha::ServerReflectionResponse* response) {
  const auto* type = Pool().FindMessageTypeByName(name);
  if (type == nullptr) return NotFound(response);
  std::vector<const FieldDescriptor*> extensions;
  Pool().FindAllExtensions(type, &extensions);
  v1alpha::ExtensionNumberResponse& numbers = *response->mutable_all_extension_numbers_response();
  numbers.set_base_type_name(name);
  for (const FieldDescriptor* one : extensions) numbers.add_extension_number(one->number());
}

}  // namespace

bool IsReflection(std::string_view path) {
  return path == "grpc.reflection.v1" + std::string(kMethod) ||
         path == "grpc.reflection.v1alpha" + std::string(kMethod);
}

GrpcReflection::GrpcReflection(const Registry& registry)
    : services_{"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"} {
  for (const auto& [path, method] : registry.methods()) {
    if (method.policy.roles_size() > 0) services_.insert(path.substr(0, path.find('/')));
  }
}

v1alpha::ServerReflectionResponse GrpcReflection::Answer(
    const v1alpha::ServerReflectionRequest& request) const {
  using Request = v1alpha::ServerReflectionRequest;
  v1alpha::ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case Request::kListServices:
      for (const std::string& name : services_)
        response.mutable_list_services_response()->add_service()->set_name(name);
      break;
    case Request::kFileByFilename:
      ShowFile(Pool().FindFileByName(request.file_by_filename()), &response);
      break;
    case Request::kFileContainingSymbol:
      ShowFile(Pool().FindFileContainingSymbol(request.file_containing_symbol()), &response);
      break;
    case Request::kFileContainingExtension:
      ShowFile(FileOfExtension(request.file_containing_extension()), &response);
      break;
    case Request::kAllExtensionNumbersOfType:
      ShowExtensionNumbers(request.all_extension_numbers_of_type(), &response);
      break;
    case Request::MESSAGE_REQUEST_NOT_SET:
      response.mutable_error_response()->set_error_code(
          static_cast<int>(absl::StatusCode::kInvalidArgument));
      response.mutable_error_response()->set_error_message("Ask for something.");
      break;
  }
  return response;
}

}  // namespace kefu::gateway
