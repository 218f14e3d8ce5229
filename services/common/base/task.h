// The coroutine type of kefu: lazily started, runs on one io_context, resumes there after every
// co_await.
//
//   Task<absl::StatusOr<Entry>> Append(Request request) {
//     KEFU_CO_ASSIGN_OR_RETURN(redis::Value reply, co_await redis.Fcall(call, deadline));
//
// A coroutine's parameters are taken by value, or outlive it for certain. GCC 12 miscompiles braced
// temporaries and conditional expressions inside the operand of co_await: give such arguments a
// name first. It miscompiles loops whose condition holds a co_await, too: wait in the body.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace kefu {

using Executor = boost::asio::io_context::executor_type;

template <class T = void>
using Task = boost::asio::awaitable<T, Executor>;

}  // namespace kefu
