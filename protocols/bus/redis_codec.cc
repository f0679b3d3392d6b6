#include "redis_codec.h"

#include <hiredis.h>

#include <new>
#include <stdexcept>
#include <vector>

namespace sluice {
namespace {

struct FreeReply {
  void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};

RedisValue value_of(const redisReply& reply) {
  RedisValue value;
  switch (reply.type) {
    case REDIS_REPLY_STRING:
      value.kind = RedisValue::Kind::text;
      value.text.assign(reply.str, reply.len);
      break;
    case REDIS_REPLY_STATUS:
      value.kind = RedisValue::Kind::status;
      value.text.assign(reply.str, reply.len);
      break;
    case REDIS_REPLY_ERROR:
      value.kind = RedisValue::Kind::error;
      value.text.assign(reply.str, reply.len);
      break;
    case REDIS_REPLY_INTEGER:
      value.kind = RedisValue::Kind::number;
      value.number = reply.integer;
      break;
    case REDIS_REPLY_ARRAY:
      value.kind = RedisValue::Kind::list;
      value.list.reserve(reply.elements);
      for (std::size_t i = 0; i < reply.elements; ++i) {
        value.list.push_back(value_of(*reply.element[i]));
      }
      break;
    default:
      break;
  }
  return value;
}

}  // namespace

std::string format_redis_command(std::span<const std::string_view> words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words) {
    texts.push_back(word.data() == nullptr ? "" : word.data());
    sizes.push_back(word.size());
  }
  char* made = nullptr;
  const int size =
      redisFormatCommandArgv(&made, static_cast<int>(words.size()), texts.data(), sizes.data());
  if (size < 0) throw std::bad_alloc();
  const std::unique_ptr<char, void (*)(char*)> owner(made, redisFreeCommand);
  return {made, static_cast<std::size_t>(size)};
}

RedisReader::RedisReader() : reader_(redisReaderCreate(), redisReaderFree) {
  if (reader_ == nullptr) throw std::bad_alloc();
}

void RedisReader::feed(std::span<const std::byte> bytes) {
  pending_ += bytes.size();
  if (pending_ > kMaxAnswer) {
    throw std::runtime_error("an answer has more than " + std::to_string(kMaxAnswer) + " bytes");
  }
  if (redisReaderFeed(reader_.get(), reinterpret_cast<const char*>(bytes.data()), bytes.size()) !=
      REDIS_OK) {
    throw std::runtime_error(reader_->errstr);
  }
}

std::optional<RedisValue> RedisReader::next() {
  void* made = nullptr;
  if (redisReaderGetReply(reader_.get(), &made) != REDIS_OK) {
    throw std::runtime_error(reader_->errstr);
  }
  if (made == nullptr) return std::nullopt;
  const std::unique_ptr<redisReply, FreeReply> reply(static_cast<redisReply*>(made));
  pending_ = reader_->len - reader_->pos;
  return value_of(*reply);
}

}  // namespace sluice
