// What every command of kefuctl needs: where the gateways are, who is calling, how to print.
// Secrets come from files or the environment, never from arguments. One thread.
#pragma once

#include <absl/status/statusor.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <string_view>
#include <vector>

#include "deploy/ctl/connect_client.h"
#include "services/common/base/status.h"

namespace kefu::ctl {

struct Globals {
  std::vector<std::string> gateways = {"127.0.0.1:8080"};
  std::string operator_key_file;
  std::string api_key_file;
  std::string login;
  std::string password_file;
  // The shop to sign in to; may be empty if the person is an agent in exactly one.
  std::string shop;
  bool json = false;
};

// The file without the white space at its end. "-" is standard input.
absl::StatusOr<std::string> ReadSecret(const std::string& path);

class Context {
 public:
  Context(Executor executor, Globals globals);

  ConnectClient& client() { return client_; }
  const Globals& globals() const { return globals_; }
  bool has_operator_key() const { return !globals_.operator_key_file.empty(); }

  // Calls as the operator, or as the person who signed in.
  template <class Response, class Request>
  Task<absl::StatusOr<Response>> AsOperator(std::string method, Request request) {
    absl::StatusOr<std::string> key = OperatorKey();
    if (!key.ok()) co_return key.status();
    CallOptions options = OptionsOf(std::move(*key));
    co_return co_await client_.Call<Response>(std::move(method), std::move(request),
                                              std::move(options));
  }
  template <class Response, class Request>
  Task<absl::StatusOr<Response>> AsPerson(std::string method, Request request) {
    absl::StatusOr<std::string> token = co_await Token();
    if (!token.ok()) co_return token.status();
    CallOptions options = OptionsOf(std::move(*token));
    co_return co_await client_.Call<Response>(std::move(method), std::move(request),
                                              std::move(options));
  }

  // Calls with serialised messages and whatever credential the method wants: the operator's key,
  // the program's key if there is one and it may call, else the person who signs in.
  Task<absl::StatusOr<std::string>> CallBytes(std::string method, std::string request,
                                              std::string bearer);
  Task<absl::StatusOr<std::string>> BearerFor(const google::protobuf::MethodDescriptor& method);

  absl::StatusOr<std::string> OperatorKey() const;
  // From the file, or KEFU_PASSWORD.
  absl::StatusOr<std::string> Password() const;

  // The message as one line of JSON if --json was given, else the text.
  void Print(const google::protobuf::Message& message, std::string_view text) const;

 private:
  static CallOptions OptionsOf(std::string bearer);
  // Signs in once.
  Task<absl::StatusOr<std::string>> Token();

  const Globals globals_;
  ConnectClient client_;
  std::string token_;
};

}  // namespace kefu::ctl
