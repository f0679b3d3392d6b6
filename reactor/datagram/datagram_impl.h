// The implementation of DatagramSocket. Only for datagram.cc and datagram_io.cc.
#ifndef SLUICE_REACTOR_DATAGRAM_DATAGRAM_IMPL_H
#define SLUICE_REACTOR_DATAGRAM_DATAGRAM_IMPL_H

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>

#include "../loop/loop_component.h"
#include "../loop/timer.h"
#include "../loop/watcher.h"
#include "datagram.h"
#include "datagram_buffers.h"
#include "datagram_destination.h"
#include "datagram_open.h"
#include "datagram_queue.h"
#include "received_datagrams.h"

namespace sluice {

class DatagramSocket::Impl final : public LoopComponent {
 public:
  Impl(Loop& loop, OpenDatagram socket, DatagramHandler& handler, const DatagramOptions& options);
  ~Impl() override;

  void set_face(DatagramSocket& face) noexcept { face_ = &face; }
  [[nodiscard]] const OpenDatagram& socket() const noexcept { return socket_; }
  [[nodiscard]] const DatagramQueue& queue() const noexcept { return queue_; }
  [[nodiscard]] bool connected() const noexcept { return socket_.peer.is_ip(); }
  [[nodiscard]] bool closed() const noexcept { return !socket_.fd; }
  [[nodiscard]] const DatagramCounters& counters() const noexcept { return counters_; }

  // If `to` is null, sends to the peer. If `from` is unspecified, the system chooses the source.
  bool send(std::span<const std::byte> data, const Address* to, const DatagramSource& from);
  bool reply(const Datagram& datagram, std::span<const std::byte> data);
  // The source for a datagram to `family` that leaves by `interface`.
  [[nodiscard]] DatagramSource source_on(unsigned interface, int family) const noexcept;
  [[nodiscard]] bool has_room() noexcept;
  void close() noexcept;

  void end_of_turn() override { flush(); }
  void next_turn() override;
  void begin_drain() override;
  [[nodiscard]] bool drained() const override {
    return closed() ||
           (batch_ == nullptr && queue_.empty() && !failure_ && handler_.is_finished(*face_));
  }
  void end_drain() override { close(); }

 private:
  // A datagram that could not be sent, until on_error() has been called. There is at most one,
  // because sending stops at the first failure.
  struct Failure {
    int error;
    Address to;
  };

  void on_ready(int events) noexcept;
  void receive() noexcept;
  // False when the rest of the batch waits for the next turn, or no more is to be received now.
  [[nodiscard]] bool receive_batch() noexcept;
  [[nodiscard]] bool deliver_batch() noexcept;
  void deliver_next() noexcept;
  DatagramBuffers::Sent send_some(std::size_t count, std::size_t segment) noexcept;
  void transmit() noexcept;
  void flush() noexcept;
  void deliver_failure() noexcept;
  void notify_writable() noexcept;
  [[nodiscard]] bool is_half_empty() const noexcept {
    return queue_.queued() <= queue_.limit() / 2;
  }
  void ask_for_flush();
  void update_watcher() noexcept;
  void refused() noexcept;
  void watch_later() noexcept;
  void count_dropped(std::uint64_t datagrams) noexcept;
  bool make_room(std::size_t size) noexcept;
  template <class Callback>
  void call(std::string_view where, Callback&& callback) noexcept;

  DatagramHandler& handler_;
  DatagramSocket* face_ = nullptr;
  const DatagramOptions options_;
  OpenDatagram socket_;
  DatagramBuffers::Share buffers_;
  // The received datagrams that wait for the next turn; null if none does.
  std::unique_ptr<ReceivedDatagrams> batch_;
  BatchResult received_{};
  std::size_t delivered_ = 0;    // messages of it
  std::size_t offset_ = 0;       // in the next message, whose datagrams may have been joined
  bool joins_ = false;           // the kernel joins what arrives
  std::size_t max_segment_ = 0;  // of the datagrams that are sent as one message
  DatagramQueue queue_;
  DatagramDestination destination_;  // of the datagram that is being delivered
  std::optional<Failure> failure_;
  DatagramCounters counters_;
  IoWatcher watcher_;
  Timer watch_again_;
  int calls_ = 0;           // the number of callbacks that are running
  bool receiving_ = false;  // a flush will follow
  bool blocked_ = false;    // the system accepts no more until the watcher reports that it does
  bool was_full_ = false;   // on_writable() must be called when it is half empty
  bool draining_ = false;
};

}  // namespace sluice

#endif
