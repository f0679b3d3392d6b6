// A connection on a socket that sends parts of a file among other bytes: whatever its peer reads
// and when, it receives all of them in their order.
#include <sys/mman.h>
#include <unistd.h>

#include <deque>
#include <optional>
#include <string>

#include "fuzz.h"
#include "socket_end.h"
#include <sluice/connection.h>
#include <sluice/loop.h>
#include <sluice/payload.h>

using namespace sluice;
using namespace sluice::fuzz;

namespace {

constexpr std::size_t kFileSize = 300'000;
constexpr unsigned kFile = 2;  // of pattern_at()

// A regular file without a name, whose bytes are the pattern's.
Fd make_file() {
  Fd file(::memfd_create("fuzz", MFD_CLOEXEC));
  std::string bytes(kFileSize, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = pattern_at(i, kFile);
  SLUICE_MUST(::write(file.get(), bytes.data(), bytes.size()) ==
              static_cast<ssize_t>(bytes.size()));
  return file;
}

struct Silent final : Protocol {
  std::size_t on_data(Connection& /*connection*/, std::span<const std::byte> in) override {
    return in.size();
  }
};

class Sender {
 public:
  explicit Sender(const ConnectionOptions& options) : file_(make_file()) {
    auto [ours, theirs] = socket_pair();
    end_.emplace(std::move(theirs));
    id_ = Connection::adopt(loop_, std::move(ours), silent_, options).id();
  }
  void step(Choices& choices) {
    Connection* const connection = Connection::find(loop_, id_);
    switch (choices.any(8)) {
      case 0:
      case 1:
        return send_part(connection, choices);
      case 2:
        return send_bytes(connection, size_from(choices) % 70'000);
      case 3:
        return receive(size_from(choices));
      case 4:
        if (choices.any(16) == 0) end_->close();
        return;
      case 5:
        if (connection != nullptr && choices.any(8) == 0) connection->shutdown(), ended_ = true;
        return;
      default:
        return loop_.poll();
    }
  }
  void finish() {
    constexpr int kMaxTurns = 20'000;
    if (Connection* const connection = Connection::find(loop_, id_)) connection->close();
    end_->end();
    for (int i = 0; i < kMaxTurns && loop_.counters().connections_open > 0; ++i) {
      loop_.poll();
      receive(static_cast<std::size_t>(-1));
    }
    SLUICE_MUST(loop_.counters().connections_open == 0);
    receive(static_cast<std::size_t>(-1));
    if (!end_->failed()) SLUICE_MUST(end_->received() == total_);
  }

 private:
  // What was sent: from a place of the file, or of a pattern of its own.
  struct Part {
    std::size_t begin;  // in the stream
    std::size_t offset;
  };

  void send_part(Connection* connection, Choices& choices) {
    const std::size_t offset = choices.any(65'536) * 4;
    const std::size_t length = std::min(size_from(choices), kFileSize - offset);
    if (connection == nullptr || ended_ || length == 0) return;
    connection->send(Payload::file(Fd(::dup(file_.get())), offset, length));
    note(offset, length);
  }
  void send_bytes(Connection* connection, std::size_t length) {
    if (connection == nullptr || ended_ || length == 0) return;
    std::string bytes(length, '\0');
    for (std::size_t i = 0; i < length; ++i) bytes[i] = pattern_at(i, kFile);
    connection->send(bytes);
    note(0, length);
  }
  void note(std::size_t offset, std::size_t length) {
    parts_.push_back({total_, offset});
    total_ += length;
  }
  void receive(std::size_t size) {
    end_->receive(size, [this](std::size_t place, char byte) {
      SLUICE_MUST(place < total_);
      while (parts_.size() > 1 && parts_[1].begin <= place) parts_.pop_front();
      const Part& part = parts_.front();
      SLUICE_MUST(byte == pattern_at(place - part.begin + part.offset, kFile));
    });
  }

  const Fd file_;
  Silent silent_;
  Loop loop_;
  std::optional<SocketEnd> end_;
  ConnectionId id_;
  std::deque<Part> parts_;  // those that have not been received whole
  std::size_t total_ = 0;
  bool ended_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices(data, size);
  ConnectionOptions options;
  options.high_water = size_from(choices);
  options.queue_limit = std::size_t{1024} * 1024 * 1024;  // a part of a file needs no memory
  Sender sender(options);
  while (!choices.done()) sender.step(choices);
  sender.finish();
  return 0;
}
