// A connection with the transport of man/examples/transport.cc, driven as connection_schedule.h
// describes: also while its handshake waits.
#include "../support/xor_transport.h"
#include "connection_schedule.h"

using namespace sluice;
using namespace sluice::fuzz;

namespace {

// It begins the handshake only when it is first used, so that some of the schedule is before.
class XorEnd {
 public:
  explicit XorEnd(MemoryPeer& peer) : end_(peer) {}
  void send(std::string_view bytes, std::size_t piece) { end_.send(bytes, piece); }
  void end() { end_.end(); }
  std::string received() {
    // Silent until it has something to say: the connection must wait for it.
    if (!end_.opened() && idle_turns_++ < kIdleTurns) return {};
    return end_.received();
  }

 private:
  static constexpr int kIdleTurns = 4;
  test::XorPeer end_;
  int idle_turns_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices(data, size);
  Model model(choices);
  ConnectionOptions options = options_from(choices);
  options.transport = make_xor;
  options.open_timeout = std::chrono::milliseconds(choices.any(2) * 300);
  Schedule<XorEnd>(choices, model, options, loop_options(size)).run();
  return 0;
}
