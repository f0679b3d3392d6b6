// How a server that passes lines on is spoken to: what a client says first, what the sender writes
// and what a receiver reads for one line.
#ifndef SLUICE_BENCH_DIALECT_H
#define SLUICE_BENCH_DIALECT_H

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

// raw: a line is passed on as it is. chat: behind the sender's name; there are notices, too.
// websocket: a text message is passed on as one; texts of at most 125 bytes.
enum class Dialect { raw, chat, redis, irc, websocket };

// Nothing when there is no such dialect.
std::optional<Dialect> dialect_from(std::string_view name);

// The sender's first words, and those of receiver number `index`.
std::string sender_hello(Dialect dialect);
std::string receiver_hello(Dialect dialect, std::size_t index);

// Says a hello on a socket that blocks, and reads the answer where a client has to wait for it.
void greet(Dialect dialect, int descriptor, std::string_view hello);

// What makes `text` a line for the server.
std::string spoken(Dialect dialect, std::string_view text);

// What an echo server answers to spoken(dialect, text).
std::string echoed(Dialect dialect, std::string_view text);

// What stands around a text where a receiver reads it.
struct Frame {
  std::string before;
  std::string after;
};
// The frame of `text` in what a receiver has read; nothing when it is not there as a whole.
std::optional<Frame> find_frame(Dialect dialect, std::string_view read, std::string_view text);

// Whether a line that begins with `first` and is not the sender's may be there: a notice.
bool begins_notice(Dialect dialect, char first);

}  // namespace bench

#endif
