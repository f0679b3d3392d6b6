// The transport of man/examples/transport.cc, for tests: they test the example itself.
//
// XorTransport and make_xor() come from there. XorPeer is the other end of a MemoryPeer whose
// connection has such a transport. It sends and receives plain bytes, as a MemoryPeer does on a
// plain connection.
#ifndef SLUICE_TESTS_SUPPORT_XOR_TRANSPORT_H
#define SLUICE_TESTS_SUPPORT_XOR_TRANSPORT_H

#define main xor_transport_example
#include "../../man/examples/transport.cc"
#undef main

#include <cstring>
#include <string>
#include <string_view>

#include <sluice/memory_peer.h>

namespace sluice::test {
namespace {  // as the transport itself is

class XorPeer {
 public:
  // REQUIRES: the connection of `peer` has the transport of make_xor().
  explicit XorPeer(MemoryPeer& peer) : peer_(peer), transport_(Wire(line_)) {}

  // Both send in frames that the connection reads in pieces of at most `piece` bytes.
  void send(std::string_view bytes, std::size_t piece = MemoryPeer::kUnlimited) {
    unsent_ += bytes;
    exchange(piece);
  }
  void end() {
    ends_ = true;
    exchange();
  }
  // Passes on the bytes that the other side needs, until neither has any more.
  void exchange(std::size_t piece = MemoryPeer::kUnlimited) {
    do {
      line_.in += peer_.received();
      opened_ = opened_ || transport_.open().is_done();
      if (!opened_) continue;
      receive();
      write();
    } while (pass_on(piece));
  }

  // What the handler has sent since the last call.
  std::string received() {
    exchange();
    return std::exchange(received_, {});
  }
  [[nodiscard]] bool opened() const noexcept { return opened_; }
  [[nodiscard]] bool saw_end() const noexcept { return saw_end_; }  // in order

 private:
  // The bytes on their way from and to the MemoryPeer.
  struct Line final : Wire::Stream {
    IoResult read(std::span<std::byte> into) override {
      if (in.empty()) return IoResult::want_read();
      const std::size_t count = std::min(in.size(), into.size());
      std::memcpy(into.data(), in.data(), count);
      in.erase(0, count);
      return IoResult::done(count);
    }
    IoResult write(std::span<const iovec> parts) override {
      const std::size_t before = out.size();
      for (const iovec& part : parts) {
        out.append(static_cast<const char*>(part.iov_base), part.iov_len);
      }
      return IoResult::done(out.size() - before);
    }
    IoResult shutdown_write() override { return IoResult::done(); }

    std::string in;
    std::string out;
  };

  void receive() {
    std::byte bytes[4096];
    for (;;) {
      const IoResult result = transport_.read(bytes);
      saw_end_ = saw_end_ || result.status == IoResult::Status::end;
      if (!result.is_done()) return;
      received_.append(reinterpret_cast<const char*>(bytes), result.bytes);
    }
  }
  void write() {
    while (!unsent_.empty()) {
      const iovec part{.iov_base = unsent_.data(), .iov_len = unsent_.size()};
      const IoResult result = transport_.write({&part, 1});
      if (!result.is_done()) return;
      unsent_.erase(0, result.bytes);
    }
    if (ends_) (void)transport_.shutdown_write();
  }
  bool pass_on(std::size_t piece) {
    if (line_.out.empty() || peer_.closed()) return false;
    peer_.send(std::exchange(line_.out, {}), piece);
    return true;
  }

  MemoryPeer& peer_;
  Line line_;
  XorTransport transport_;
  std::string unsent_;
  std::string received_;
  bool opened_ = false;
  bool ends_ = false;
  bool saw_end_ = false;
};

}  // namespace
}  // namespace sluice::test

#endif
