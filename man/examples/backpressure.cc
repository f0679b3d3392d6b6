// Sends far more than it may queue, no faster than the other side reads.
#include <sys/socket.h>

#include <algorithm>
#include <cstdio>

#include <sluice/connection.h>
#include <sluice/loop.h>
#include <sluice/payload.h>

using sluice::Connection;

namespace {

constexpr std::size_t kBlock = 4000;
constexpr int kBlocks = 10'000;

class Source final : public sluice::Protocol {
 public:
  void on_open(Connection& connection) override { fill(connection); }
  void on_writable(Connection& connection) override { fill(connection); }
  std::size_t on_data(Connection&, std::span<const std::byte> in) override {
    return in.size();
  }

  std::size_t most_queued = 0;

 private:
  // Fills the queue above the mark: otherwise on_writable() might never run.
  void fill(Connection& connection) {
    while (sent_ < kBlocks &&
           connection.queued() <= connection.options().high_water) {
      connection.send(block_);
      ++sent_;
      most_queued = std::max(most_queued, connection.queued());
    }
    if (sent_ == kBlocks) connection.close();  // still writes the queue
  }

  const sluice::Payload block_ =
      sluice::Payload::copy(std::string(kBlock, '*'));
  int sent_ = 0;
};

class Sink final : public sluice::Protocol {
 public:
  std::size_t on_data(Connection&, std::span<const std::byte> in) override {
    received += in.size();
    return in.size();
  }
  void on_close(Connection& connection, std::error_code reason) override {
    std::printf("the sink ends: %s\n", reason.message().c_str());
    connection.loop().stop();
  }

  std::size_t received = 0;
};

}  // namespace

int main() {
  Source source;
  Sink sink;
  sluice::Loop loop;
  sluice::ConnectionOptions options;
  options.high_water = 64'000;
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return 1;
  Connection::adopt(loop, sluice::Fd(ends[0]), source, options);
  Connection::adopt(loop, sluice::Fd(ends[1]), sink);
  loop.run();
  std::printf("%zu bytes arrived\n", sink.received);
  std::printf("at most %zu waited\n", source.most_queued);
}
