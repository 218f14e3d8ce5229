#include "gateway/upstream/forwarder.h"

#include <google/protobuf/descriptor.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "proto/kefu/common/v1/actor.pb.h"
#include "proto/kefu/options.pb.h"
#include "services/common/base/status.h"
#include "services/common/server/unary.h"

namespace kefu::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

constexpr int kAttempts = 2;
// Enough for as many things as a batch may hold.
constexpr uint64_t kBatchBytes = 1 << 20;

bool IsFromCredential(const FieldDescriptor& field) {
  return field.options().GetExtension(kefu::from_credential);
}

bool IsShop(const FieldDescriptor& field) {
  return field.name() == "shop" && field.type() == FieldDescriptor::TYPE_STRING &&
         !field.is_repeated();
}

bool IsActor(const FieldDescriptor& field) {
  return field.message_type() == common::v1::Actor::descriptor() && !field.is_repeated();
}

// Empty if the method can be forwarded, else why not.
std::string Unfit(const MethodDescriptor& method) {
  if (method.client_streaming() || method.server_streaming()) return "it streams";
  for (const int role : method.options().GetExtension(kefu::policy).roles()) {
    if (role == ROLE_ANYONE || role == ROLE_OPERATOR) return "callers without a shop may call it";
  }
  const Descriptor& request = *method.input_type();
  bool has_shop = false;
  for (int i = 0; i < request.field_count(); ++i) {
    const FieldDescriptor& field = *request.field(i);
    if (!IsFromCredential(field)) continue;
    has_shop = has_shop || IsShop(field);
    if (!IsShop(field) && !IsActor(field)) return "nothing is known of its field " + field.name();
  }
  return has_shop ? "" : "its request has no shop from the credential";
}

// Writes a list of things.
bool IsBatch(const MethodDescriptor& method) {
  const Descriptor& request = *method.input_type();
  bool has_list = false;
  for (int i = 0; i < request.field_count(); ++i) {
    const FieldDescriptor& field = *request.field(i);
    has_list = has_list || (field.is_repeated() && field.message_type() != nullptr);
  }
  return has_list && method.options().GetExtension(kefu::policy).write();
}

std::string PathOf(const MethodDescriptor& method) {
  return method.service()->full_name() + "/" + method.name();
}

bool HasRoles(const MethodDescriptor& method) {
  return method.options().GetExtension(kefu::policy).roles_size() > 0;
}

Task<absl::Status> CallOnce(server::ChannelPtr channel, std::string path, server::CallScope scope,
                            const Message& request, Message& response) {
  grpc::TemplatedGenericStub<Message, Message> stub(std::move(channel));
  co_return co_await server::CallWith(
      std::move(scope), [&](grpc::ClientContext* context, std::function<void(grpc::Status)> done) {
        stub.UnaryCall(context, path, grpc::StubOptions(), &request, &response, std::move(done));
      });
}

}  // namespace

void FillFromCredential(const Caller& caller, Message& request) {
  const Descriptor& type = *request.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!IsFromCredential(field)) continue;
    if (IsShop(field)) {
      request.GetReflection()->SetString(&request, &field, caller.shop->str());
      continue;
    }
    common::v1::Actor actor;
    actor.set_role(caller.role);
    actor.set_id(caller.subject);
    request.GetReflection()->MutableMessage(&request, &field)->CopyFrom(actor);
  }
}

absl::Status Forwarder::Register(const std::string& service, Registry& registry) {
  const auto* file =
      DescriptorPool::generated_pool()->FindFileByName("kefu/" + service + "/v1/service.proto");
  if (file == nullptr) {
    return Error(absl::StatusCode::kInternal, "NO_SUCH_SERVICE",
                 "There is no proto of a service " + service + ".");
  }
  for (int i = 0; i < file->service_count(); ++i) {
    const ServiceDescriptor& declared = *file->service(i);
    for (int j = 0; j < declared.method_count(); ++j) {
      const MethodDescriptor& method = *declared.method(j);
      if (!HasRoles(method)) continue;
      const std::string unfit = Unfit(method);
      if (!unfit.empty()) {
        return Error(absl::StatusCode::kInternal, "METHOD_NOT_FORWARDABLE",
                     PathOf(method) + " cannot be forwarded: " + unfit + ".");
      }
      registry.AnyUnary(
          PathOf(method),
          [this, &method, service](CallContext context, MessagePtr request) {
            return Forward(method, service, std::move(context), std::move(request));
          },
          IsBatch(method) ? kBatchBytes : 0);
    }
  }
  return absl::OkStatus();
}

Task<absl::StatusOr<MessagePtr>> Forwarder::Forward(const MethodDescriptor& method,
                                                    std::string service, CallContext context,
                                                    MessagePtr request) {
  const std::string path = PathOf(method);
  const std::string wire_path = "/" + path;
  FillFromCredential(context.caller, *request);
  const auto hook = hooks_.find(path);
  if (hook != hooks_.end()) KEFU_CO_RETURN_IF_ERROR(co_await hook->second(context, *request));
  absl::StatusOr<server::Channels*> channels = services_.To(service);
  if (!channels.ok()) co_return channels.status();

  const Message* prototype =
      MessageFactory::generated_factory()->GetPrototype(method.output_type());
  absl::Status status;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    MessagePtr response(prototype->New());
    server::ChannelPtr channel = (*channels)->Pick();
    status = co_await CallOnce(std::move(channel), wire_path, context.scope, *request, *response);
    if (status.ok()) co_return std::move(response);
    if (status.code() != absl::StatusCode::kUnavailable || context.scope.remaining_ms() <= 0) break;
  }
  co_return WorthRetrying(std::move(status));
}

}  // namespace kefu::gateway
