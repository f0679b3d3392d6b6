// Commands to a Redis server as bytes, and its answers as values. Only for RedisLink.
//
// What it is: hiredis's formatter and its reader, without its sockets.
// Limits: an answer has at most kMaxAnswer bytes.
// Thread: any, one at a time.
// Errors: std::bad_alloc; the reader throws std::runtime_error for bytes that are not of the
// protocol, and for an answer above the limit. Nothing can be read after that.
#ifndef SLUICE_PROTOCOLS_BUS_REDIS_CODEC_H
#define SLUICE_PROTOCOLS_BUS_REDIS_CODEC_H

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "redis_value.h"

struct redisReader;

namespace sluice {

[[nodiscard]] std::string format_redis_command(std::span<const std::string_view> words);

class RedisReader {
 public:
  static constexpr std::size_t kMaxAnswer = 32 * 1024 * 1024;

  RedisReader();

  void feed(std::span<const std::byte> bytes);
  // The next whole answer; nothing if it has not arrived yet.
  [[nodiscard]] std::optional<RedisValue> next();

 private:
  std::unique_ptr<redisReader, void (*)(redisReader*)> reader_;
  std::size_t pending_ = 0;  // bytes since the last whole answer
};

}  // namespace sluice

#endif
