#include "gateway/edge/registry.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "services/common/logging/log.h"

namespace kefu::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;

[[noreturn]] void Misfit(std::string_view path, std::string_view why) {
  log::Error("handler does not fit its proto", {{"method", path}, {"why", why}});
  std::abort();
}

const MethodDescriptor* FindDescriptor(std::string_view path) {
  std::string name(path);
  const size_t slash = name.find('/');
  if (slash == std::string::npos) return nullptr;
  name[slash] = '.';
  return DescriptorPool::generated_pool()->FindMethodByName(name);
}

std::string PathOf(const MethodDescriptor& method) {
  return method.service()->full_name() + "/" + method.name();
}

const FieldDescriptor* RequestIdField(const Descriptor& request) {
  const FieldDescriptor* field = request.FindFieldByName("request_id");
  const bool fits =
      field != nullptr && field->type() == FieldDescriptor::TYPE_STRING && !field->is_repeated();
  return fits ? field : nullptr;
}

}  // namespace

Method& Registry::Add(std::string_view path, const google::protobuf::Message& request,
                      const Descriptor* response) {
  const MethodDescriptor* descriptor = FindDescriptor(path);
  if (descriptor == nullptr) Misfit(path, "no such method");
  if (descriptor->client_streaming()) Misfit(path, "the client may not stream");
  if (descriptor->input_type() != request.GetDescriptor()) Misfit(path, "other request type");
  if (descriptor->server_streaming() != (response == nullptr)) Misfit(path, "stream or not");
  if (response != nullptr && descriptor->output_type() != response) Misfit(path, "other response");

  Method method;
  method.path = std::string(path);
  method.descriptor = descriptor;
  method.policy = descriptor->options().GetExtension(kefu::policy);
  method.request_prototype = &request;
  method.request_id = RequestIdField(*request.GetDescriptor());
  if (method.policy.write() && method.request_id == nullptr)
    Misfit(path, "a write without request_id");
  for (const int role : method.policy.roles()) {
    if (role == ROLE_ANYONE && method.policy.roles_size() > 1)
      Misfit(path, "ROLE_ANYONE with others");
  }
  const auto [position, added] = methods_.emplace(method.path, method);
  if (!added) Misfit(path, "two handlers");
  return position->second;
}

void Registry::AnyUnary(std::string_view path, AnyHandler handler, uint64_t max_body_bytes) {
  const MethodDescriptor* descriptor = FindDescriptor(path);
  if (descriptor == nullptr) Misfit(path, "no such method");
  const auto* prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor->input_type());
  Method& method = Add(path, *prototype, descriptor->output_type());
  method.unary = std::move(handler);
  method.max_body_bytes = max_body_bytes;
}

const Method* Registry::Find(std::string_view path) const {
  const auto found = methods_.find(path);
  return found == methods_.end() ? nullptr : &found->second;
}

uint64_t Registry::LargestBody() const {
  uint64_t largest = 0;
  for (const auto& [path, method] : methods_) largest = std::max(largest, method.max_body_bytes);
  return largest;
}

std::vector<std::string> Registry::Missing(const std::vector<std::string>& services) const {
  std::vector<std::string> missing;
  for (const std::string& name : services) {
    const auto* service = DescriptorPool::generated_pool()->FindServiceByName(name);
    if (service == nullptr) {
      missing.push_back(name);
      continue;
    }
    for (int i = 0; i < service->method_count(); ++i) {
      const std::string path = PathOf(*service->method(i));
      if (Find(path) == nullptr) missing.push_back(path);
    }
  }
  return missing;
}

}  // namespace kefu::gateway
