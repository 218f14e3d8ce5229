#include "deploy/ctl/commands/command.h"

#include <absl/strings/numbers.h>
#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <utility>

#include "deploy/ctl/calls/fields.h"
#include "deploy/ctl/chat/terminal.h"
#include "proto/kefu/options.pb.h"
#include "services/common/base/ids.h"

namespace kefu::ctl {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;
using MessagePtr = std::unique_ptr<Message>;

constexpr int kRefused = 2;
constexpr uint32_t kPage = 100;
constexpr uint32_t kDefaultLimit = 1000;
constexpr char kPageToken[] = "page_token";
constexpr char kNextPageToken[] = "next_page_token";

// Null if there is none of that name.
const MethodDescriptor* MethodOf(const Command& command) {
  std::string name = command.method;
  std::replace(name.begin(), name.end(), '/', '.');
  return DescriptorPool::generated_pool()->FindMethodByName(name);
}

MessagePtr NewMessage(const Descriptor* type) {
  return MessagePtr(MessageFactory::generated_factory()->GetPrototype(type)->New());
}

std::string StringField(const Message& message, const char* name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  return field == nullptr ? "" : message.GetReflection()->GetString(message, field);
}

void SetStringField(Message* message, const char* name, std::string value) {
  const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(name);
  if (field != nullptr) message->GetReflection()->SetString(message, field, std::move(value));
}

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::ostringstream text;
  if (path == "-") {
    text << std::cin.rdbuf();
    return text.str();
  }
  std::ifstream file(path, std::ios::binary);
  text << file.rdbuf();
  if (file) return text.str();
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_FILE", fmt::format("Cannot read {}.", path));
}

absl::Status FillFrom(const Option& option, const std::vector<std::string>& values,
                      Message* request) {
  for (const std::string& value : values) {
    std::string text = value;
    if (option.secret) {
      KEFU_ASSIGN_OR_RETURN(text, ReadSecret(value));
    }
    KEFU_RETURN_IF_ERROR(SetField(request, option.field, text, option.parts));
  }
  return absl::OkStatus();
}

absl::StatusOr<MessagePtr> NewRequest(const Command& command, const Given& given) {
  MessagePtr request = NewMessage(MethodOf(command)->input_type());
  for (const Option& option : command.options) {
    const auto found = given.find(option.name);
    if (found == given.end() || option.field.empty()) continue;
    KEFU_RETURN_IF_ERROR(FillFrom(option, found->second, request.get()));
  }
  if (Writes(command)) {
    SetStringField(request.get(), "request_id", ValueOf(given, kRequestId, "c-" + NewToken()));
  }
  return request;
}

// The messages that the answer is printed as.
std::vector<const Message*> RowsOf(const Command& command, const Message& answer) {
  if (command.rows.empty()) return {&answer};
  const FieldDescriptor* field = answer.GetDescriptor()->FindFieldByName(command.rows);
  if (!field->is_repeated()) return {&answer.GetReflection()->GetMessage(answer, field)};
  std::vector<const Message*> rows;
  for (int i = 0; i < answer.GetReflection()->FieldSize(answer, field); ++i) {
    rows.push_back(&answer.GetReflection()->GetRepeatedMessage(answer, field, i));
  }
  return rows;
}

void PrintRow(const Context& context, const Command& command, const Message& row) {
  if (command.columns.empty()) {
    context.Print(row, Describe(row));
    return;
  }
  std::string line;
  for (const std::string& column : command.columns) {
    line += (line.empty() ? "" : "  ") + FieldText(row, column);
  }
  context.Print(row, line);
}

Task<absl::StatusOr<MessagePtr>> Call(Context& context, const Command& command,
                                      const Message& request) {
  const MethodDescriptor* method = MethodOf(command);
  absl::StatusOr<std::string> bearer = co_await context.BearerFor(*method);
  if (!bearer.ok()) co_return bearer.status();
  absl::StatusOr<std::string> bytes =
      co_await context.CallBytes(command.method, request.SerializeAsString(), *std::move(bearer));
  if (!bytes.ok()) co_return bytes.status();
  MessagePtr answer = NewMessage(method->output_type());
  if (!answer->ParseFromString(*bytes)) {
    co_return absl::InternalError("The answer is not of its type.");
  }
  co_return answer;
}

Task<ExitCode> RunPages(Context& context, const Command& command, const Given& given) {
  KEFU_CO_ASSIGN_OR_RETURN(const MessagePtr request, NewRequest(command, given));
  uint32_t left = kDefaultLimit;
  if (const std::string limit = ValueOf(given, kLimit);
      !limit.empty() && !absl::SimpleAtoi(limit, &left)) {
    co_return InvalidField("limit", "It must be a number.");
  }
  bool found = false;
  while (left > 0) {
    const std::string size = std::to_string(std::min(left, kPage));
    KEFU_CO_RETURN_IF_ERROR(SetField(request.get(), "page_size", size));
    KEFU_CO_ASSIGN_OR_RETURN(const MessagePtr answer, co_await Call(context, command, *request));
    const std::vector<const Message*> rows = RowsOf(command, *answer);
    for (const Message* row : rows) PrintRow(context, command, *row);
    found = found || !rows.empty();
    left -= std::min(left, static_cast<uint32_t>(rows.size()));
    std::string next = StringField(*answer, kNextPageToken);
    if (next.empty()) break;
    SetStringField(request.get(), kPageToken, std::move(next));
  }
  // For whoever reads it; a program that reads the rows sees that there are none.
  if (!found) fmt::print(stderr, "Nothing found.\n");
  co_return 0;
}

bool IsRefused(const Message& row) { return FieldText(row, "outcome") == "REFUSED"; }

Task<ExitCode> RunPortions(Context& context, const Command& command, const Given& given) {
  KEFU_CO_ASSIGN_OR_RETURN(const MessagePtr first, NewRequest(command, given));
  const FieldDescriptor* field = first->GetDescriptor()->FindFieldByName(command.items);
  KEFU_CO_ASSIGN_OR_RETURN(const std::string text, ReadText(ValueOf(given, kFile)));
  KEFU_CO_ASSIGN_OR_RETURN(std::vector<MessagePtr> items, ParseItems(*field, text));
  const std::string request_id = StringField(*first, "request_id");
  int code = 0;
  for (size_t begin = 0, n = 0; begin < items.size(); ++n) {
    const MessagePtr request(first->New());
    request->CopyFrom(*first);
    SetStringField(request.get(), "request_id", fmt::format("{}-{}", request_id, n));
    const size_t end = std::min(items.size(), begin + static_cast<size_t>(command.portion));
    for (; begin < end; ++begin) {
      request->GetReflection()->AddMessage(request.get(), field)->CopyFrom(*items[begin]);
    }
    KEFU_CO_ASSIGN_OR_RETURN(const MessagePtr answer, co_await Call(context, command, *request));
    for (const Message* row : RowsOf(command, *answer)) {
      PrintRow(context, command, *row);
      if (IsRefused(*row)) code = kRefused;
    }
  }
  co_return code;
}

Task<ExitCode> RunOnce(Context& context, const Command& command, const Given& given) {
  KEFU_CO_ASSIGN_OR_RETURN(const MessagePtr request, NewRequest(command, given));
  KEFU_CO_ASSIGN_OR_RETURN(const MessagePtr answer, co_await Call(context, command, *request));
  for (const Message* row : RowsOf(command, *answer)) PrintRow(context, command, *row);
  co_return 0;
}

bool HasPath(const Descriptor& type, const std::string& path) {
  const size_t dot = path.find('.');
  const FieldDescriptor* field = type.FindFieldByName(path.substr(0, dot));
  if (field == nullptr) return false;
  return dot == std::string::npos || HasPath(*field->message_type(), path.substr(dot + 1));
}

}  // namespace

std::string ValueOf(const Given& given, const std::string& option, std::string otherwise) {
  const auto found = given.find(option);
  return found == given.end() || found->second.empty() ? otherwise : found->second.front();
}

bool Writes(const Command& command) {
  const MethodDescriptor* method = MethodOf(command);
  return method != nullptr && method->options().GetExtension(policy).write();
}

bool Pages(const Command& command) {
  const MethodDescriptor* method = MethodOf(command);
  return method != nullptr && method->input_type()->FindFieldByName(kPageToken) != nullptr;
}

std::vector<std::string> Faults(const Command& command) {
  const MethodDescriptor* method = MethodOf(command);
  if (method == nullptr) return {"no method " + command.method};
  std::vector<std::string> faults;
  for (const Option& option : command.options) {
    if (!option.field.empty() && !HasPath(*method->input_type(), option.field)) {
      faults.push_back(option.name + ": the request has no field " + option.field);
    }
  }
  if (!command.items.empty() && !HasPath(*method->input_type(), command.items)) {
    faults.push_back("the request has no field " + command.items);
  }
  const Descriptor* row = method->output_type();
  if (!command.rows.empty()) {
    const FieldDescriptor* field = row->FindFieldByName(command.rows);
    if (field == nullptr) return {"the answer has no field " + command.rows};
    row = field->message_type();
  }
  for (const std::string& column : command.columns) {
    if (!HasPath(*row, column)) faults.push_back("a row has no field " + column);
  }
  return faults;
}

Task<ExitCode> RunCommand(Context& context, const Command& command, Given given) {
  if (command.run) co_return co_await command.run(context, given);
  if (!command.items.empty()) co_return co_await RunPortions(context, command, given);
  if (Pages(command)) co_return co_await RunPages(context, command, given);
  co_return co_await RunOnce(context, command, given);
}

std::vector<Noun> AllNouns() {
  std::vector<Noun> nouns;
  nouns.push_back(OrdersNoun());
  nouns.push_back(ParcelsNoun());
  nouns.push_back(CasesNoun());
  nouns.push_back(EventsNoun());
  nouns.push_back(RecordsNoun());
  nouns.push_back(RoutingNoun());
  nouns.push_back(BoardNoun());
  nouns.push_back(WebhooksNoun());
  return nouns;
}

}  // namespace kefu::ctl
