// Tests a handler with bytes in memory and virtual time, without sockets.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include <sluice/connection.h>
#include <sluice/memory_peer.h>

using sluice::CloseReason;
using sluice::Connection;
using sluice::MemoryPeer;

namespace {

// Answers each line, which is a number, with the sum so far.
class Sum final : public sluice::Protocol {
 public:
  std::size_t on_data(Connection& connection,
                      std::span<const std::byte> in) override {
    const auto* chars = reinterpret_cast<const char*>(in.data());
    const std::string_view text(chars, in.size());
    std::size_t begin = 0;
    std::size_t end = text.find('\n');
    while (end != text.npos) {
      take(connection, text.substr(begin, end - begin));
      begin = end + 1;
      end = text.find('\n', begin);
    }
    return begin;  // the rest is not a whole line yet
  }

 private:
  void take(Connection& connection, std::string_view line) {
    const char* end = line.data() + line.size();
    unsigned number = 0;
    const auto read = std::from_chars(line.data(), end, number);
    if (line.empty() || read.ec != std::errc() || read.ptr != end) {
      connection.send("not a number\n");
      connection.close();
      return;
    }
    sum_ += number;
    connection.send(std::to_string(sum_) + "\n");
  }

  unsigned sum_ = 0;
};

void expect(bool holds, const char* sentence) {
  std::printf("%s: %s\n", holds ? "ok" : "FAILED", sentence);
  if (!holds) std::exit(1);
}

}  // namespace

int main() {
  sluice::ConnectionOptions options;
  options.idle_timeout = std::chrono::minutes(5);
  {
    MemoryPeer peer(std::make_unique<Sum>(), options);
    peer.send("1\n2\n3");
    expect(peer.received() == "1\n3\n", "half a line is not answered");
    peer.send("9\n", 1);  // one byte per read
    expect(peer.received() == "42\n", "the other half completes it");
    peer.advance(std::chrono::minutes(4));
    expect(!peer.closed(), "four silent minutes are allowed");
    peer.advance(std::chrono::minutes(1));
    expect(peer.close_reason() == CloseReason::idle_timeout,
           "but not five");
  }
  {
    MemoryPeer peer(std::make_unique<Sum>(), options);
    peer.send("one\n");
    expect(peer.received() == "not a number\n",
           "an invalid line gets an error");
    expect(peer.saw_end(), "and closes the connection");
    expect(!peer.saw_reset(), "in order");
  }
  {
    MemoryPeer peer(std::make_unique<Sum>(), options);
    peer.set_window(0);
    peer.send("7\n");
    expect(peer.connection().queued() == 2, "an answer waits for the peer");
    peer.set_window(MemoryPeer::kUnlimited);
    expect(peer.received() == "7\n", "and is sent once the peer reads");
  }
}
