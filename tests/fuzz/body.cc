#include "tests/fuzz/body.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/message_differencer.h>

#include <vector>

#include "services/common/base/text.h"

namespace kefu::fuzz {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

// Of every method in the files that browsers and integrators call.
std::vector<const Descriptor*> RequestTypes() {
  std::vector<const Descriptor*> types;
  for (const char* name : {"admin", "agent", "auth", "board", "buyer", "copilot", "one_look",
                           "operations", "routing_config", "staffing", "webhooks", "what_if"}) {
    const auto* file = DescriptorPool::generated_pool()->FindFileByName(
        "kefu/gateway/v1/" + std::string(name) + ".proto");
    if (file == nullptr) std::abort();
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j)
        types.push_back(file->service(i)->method(j)->input_type());
    }
  }
  return types;
}

bool IsCleanField(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  const int size = field.is_repeated() ? reflection.FieldSize(message, &field) : 1;
  for (int i = 0; i < size; ++i) {
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (!IsClean(field.is_repeated() ? reflection.GetRepeatedMessage(message, &field, i)
                                       : reflection.GetMessage(message, &field)))
        return false;
    } else if (field.type() == FieldDescriptor::TYPE_STRING) {
      if (!IsCleanUtf8(field.is_repeated() ? reflection.GetRepeatedString(message, &field, i)
                                           : reflection.GetString(message, &field)))
        return false;
    }
  }
  return true;
}

}  // namespace

MessagePtr TakeType(std::string_view& input) {
  static const auto* const types = new std::vector<const Descriptor*>(RequestTypes());
  const size_t end = input.find('\n');
  const std::string_view name = input.substr(0, end);
  const Descriptor* type =
      DescriptorPool::generated_pool()->FindMessageTypeByName(std::string(name));
  if (type == nullptr)
    type = (*types)[std::hash<std::string_view>()(name.substr(0, 2)) % types->size()];
  input.remove_prefix(end == std::string_view::npos ? 0 : end + 1);
  return MessagePtr(MessageFactory::generated_factory()->GetPrototype(type)->New());
}

bool IsClean(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (!IsCleanField(message, *field)) return false;
  }
  return true;
}

bool Same(const Message& a, const Message& b) {
  google::protobuf::util::DefaultFieldComparator comparator;
  comparator.set_treat_nan_as_equal(true);
  google::protobuf::util::MessageDifferencer differencer;
  differencer.set_field_comparator(&comparator);
  const MessagePtr left(a.New()), right(b.New());
  left->CopyFrom(a);
  right->CopyFrom(b);
  left->DiscardUnknownFields();
  right->DiscardUnknownFields();
  return differencer.Compare(*left, *right);
}

}  // namespace kefu::fuzz
