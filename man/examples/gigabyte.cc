// Sends a gigabyte that is made while it is sent, in little memory.
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include <sluice/connection.h>
#include <sluice/loop.h>

using sluice::Connection;

namespace {

constexpr std::uint64_t kTotal = 1 << 30;

// The bytes of the stream: the place of each word.
void make(std::span<std::byte> block, std::uint64_t from) {
  for (std::size_t i = 0; i + 8 <= block.size(); i += 8) {
    const std::uint64_t word = from + i;
    std::memcpy(block.data() + i, &word, 8);
  }
}

class Source final : public sluice::Protocol {
 public:
  void on_open(Connection& connection) override { fill(connection); }
  // The queue was above the mark and has fallen to half of it.
  void on_writable(Connection& connection) override { fill(connection); }
  std::size_t on_data(Connection&, std::span<const std::byte> in) override {
    return in.size();
  }

  std::size_t most_queued = 0;

 private:
  // Above the mark: a queue that stays below it causes no on_writable().
  void fill(Connection& connection) {
    const std::size_t mark = connection.options().high_water;
    while (sent_ < kTotal && connection.queued() <= mark) {
      make(block_, sent_);
      connection.send(block_);
      sent_ += block_.size();
    }
    most_queued = std::max(most_queued, connection.queued());
    if (sent_ == kTotal) connection.close();  // still writes the queue
  }

  std::vector<std::byte> block_ = std::vector<std::byte>(64 * 1024);
  std::uint64_t sent_ = 0;
};

class Sink final : public sluice::Protocol {
 public:
  std::size_t on_data(Connection&, std::span<const std::byte> in) override {
    const std::size_t whole = in.size() / 8 * 8;
    for (std::size_t i = 0; i < whole; i += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, in.data() + i, 8);
      wrong += word == received + i ? 0 : 1;
    }
    received += whole;
    return whole;
  }
  void on_close(Connection& connection, std::error_code) override {
    connection.loop().stop();
  }

  std::uint64_t received = 0;
  std::uint64_t wrong = 0;
};

}  // namespace

int main() {
  Source source;
  Sink sink;
  sluice::Loop loop;
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return 1;
  Connection::adopt(loop, sluice::Fd(ends[0]), source);
  Connection::adopt(loop, sluice::Fd(ends[1]), sink);
  loop.run();
  std::printf("%llu bytes arrived, %llu words were wrong\n",
              static_cast<unsigned long long>(sink.received),
              static_cast<unsigned long long>(sink.wrong));
  std::printf("less than 400 kB waited: %s\n",
              source.most_queued < 400'000 ? "yes" : "no");
}
