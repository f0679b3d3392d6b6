// An answer of a Redis server, as a value.
//
// Source: the Redis serialization protocol, version 2. Thread: any.
#ifndef SLUICE_PROTOCOLS_BUS_REDIS_VALUE_H
#define SLUICE_PROTOCOLS_BUS_REDIS_VALUE_H

#include <cstdint>
#include <string>
#include <vector>

namespace sluice {

struct RedisValue {
  enum class Kind : std::uint8_t { nothing, text, status, error, number, list };

  Kind kind = Kind::nothing;
  std::string text;  // of a text, a status or an error
  std::int64_t number = 0;
  std::vector<RedisValue> list;

  [[nodiscard]] bool is_error() const noexcept { return kind == Kind::error; }
  [[nodiscard]] bool is_nothing() const noexcept { return kind == Kind::nothing; }
};

}  // namespace sluice

#endif
